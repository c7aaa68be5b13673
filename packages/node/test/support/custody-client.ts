// An SDK client over hospitals in memory: the chain and the custody under test answer as a node's HTTP API would.
import {
  byteString,
  decode,
  encode,
  encodeReleaseRequest,
  type Hex32,
  list,
  nullable,
  type ReleaseRequest,
  type SecretKey,
  signRequest,
  toHex,
} from '@consilium/core';
import { type Client, createClient } from '@consilium/sdk';
import type { Person } from '../../../core/test/kit/people.ts';
import { createFakeNode, type FakeLedger } from '../../../sdk/test/support/fake-node.ts';
import type { Outcome } from '../../src/custody/custody.ts';
import type { Gathered } from '../../src/custody/gatherer.ts';
import type { CustodianAnswer } from '../../src/custody/relay.ts';
import { drawn } from './custody-author.ts';
import { answerOf, type CustodyNode, type CustodyWorld, ok, until } from './custody-world.ts';

const blobsShape = list(byteString(2 ** 21), 64, 1);
const foundShape = list(nullable(byteString(2 ** 21)), 64);

/** Asks this hospital's node, and checks all that it says from genesis. */
export function clientOf(world: CustodyWorld, at: CustodyNode): Client {
  const node = createFakeNode(ledgerOf(world));
  node.custody = (path, init) => answer(at, path, init.body as Uint8Array | string);
  return createClient({
    node: node.url,
    genesis: world.chain.genesis,
    verify: world.chain.deps.verify,
    fetch: node.fetch,
    now: () => world.clock.wallMs(),
    pause: async () => undefined,
  });
}

/** A doctor's request for the first two records of an access, as it is sent; `change` says otherwise. */
export function signedRelease(
  world: CustodyWorld,
  { patient, doctor }: { readonly patient: Person; readonly doctor: Person },
  change: Partial<ReleaseRequest> & Pick<ReleaseRequest, 'access'>,
  key: SecretKey = doctor.key,
): Uint8Array {
  const plain: ReleaseRequest = {
    type: 'release',
    patient: patient.id,
    reader: doctor.id,
    places: [0, 1],
    nonce: toHex(drawn(16)),
    ...change,
  };
  return encodeReleaseRequest(signRequest(key, world.chain.deps.genesisHash, plain));
}

/** What the promise gives, while the world's time goes on. */
export async function whilePassing<T>(world: CustodyWorld, promise: Promise<T>): Promise<T> {
  let settled = false;
  const end = promise.finally(() => {
    settled = true;
  });
  end.catch(() => undefined);
  await until(() => settled || world.isIdle(), 'something to wait for');
  while (!settled) {
    await new Promise((resolve) => setImmediate(resolve));
    if (world.isIdle()) world.clock.advance(10);
  }
  return end;
}

function ledgerOf(world: CustodyWorld): FakeLedger {
  return {
    chain: world.chain,
    get blocks() {
      return world.blocks.map(({ block, execution, certificate }) => ({
        block,
        certificate,
        txs: execution.txs,
        results: execution.resultBytes,
        codes: execution.results.map(({ code }) => code),
      }));
    },
    commit: (txs) => {
      world.commit(txs);
      return ledgerOf(world).blocks.at(-1) as FakeLedger['blocks'][number];
    },
  };
}

async function answer({ custody }: CustodyNode, path: string, body: Uint8Array | string): Promise<Response> {
  const [route, query = ''] = path.split('?');
  const words = new URLSearchParams(query);
  switch (route) {
    case '/v1/custody/blobs': {
      const blobs = decode(blobsShape, body as Uint8Array, 2 ** 23);
      const ids = await answerOf<Outcome<readonly Hex32[]>>((done) => custody.storeBlobs(blobs, done));
      return Response.json({ ids: ok(ids) });
    }
    case '/v1/custody/packages': {
      const gathered = await answerOf<Outcome<Gathered>>((done) =>
        custody.push(body as Uint8Array, Number(words.get('timeoutMs')), done),
      );
      return Response.json(ok(gathered));
    }
    case '/v1/custody/releases': {
      const wait = words.get('wait') === 'all' ? 'all' : 'enough';
      const answers = await answerOf<Outcome<readonly CustodianAnswer[]>>((done) =>
        custody.release(body as Uint8Array, wait, done),
      );
      return Response.json({ answers: ok(answers).map(shown) });
    }
    case '/v1/custody/blobs/read': {
      const { ids } = JSON.parse(String(body)) as { ids: readonly Hex32[] };
      const found = await answerOf<readonly (Uint8Array | null)[]>((done) => custody.readBlobs(ids, done));
      return new Response(encode(foundShape, found).slice());
    }
    default:
      throw new Error(`not answered here: ${path}`);
  }
}

function shown(answer: CustodianAnswer): object {
  return 'release' in answer ? { ...answer, release: toHex(answer.release) } : answer;
}
