// A node's HTTP API over a ledger in memory: real blocks, certificates and proofs; it lies when a test tells it to.
import {
  type Block,
  type Certificate,
  type ConsensusParams,
  ConsiliumError,
  createMerkleProver,
  decodeTx,
  type ErrorCode,
  encodeBlock,
  fromHex,
  genesisToJson,
  type Hex32,
  headerId,
  isConsiliumError,
  type LightStep,
  pendingUpgrade,
  protocolVersionAt,
  proveState,
  stateKeyHash,
  type Tx,
  toHex,
  type ValidatorSet,
  validatorsAt,
} from '@consilium/core';
import {
  type BuildOptions,
  type Chain,
  type CustodyKeyOf,
  createChain,
  FOUNDERS,
} from '../../../core/test/kit/chain.ts';
import type { Fetch } from '../../src/index.ts';

interface Committed {
  readonly block: Block;
  readonly certificate: Certificate;
  readonly txs: readonly Tx[];
  readonly results: readonly Uint8Array[];
  readonly codes: readonly string[];
}

export interface FakeLedger {
  readonly chain: Chain;
  readonly blocks: Committed[];
  readonly commit: (txs: readonly Tx[], options?: BuildOptions) => Committed;
}

export function createFakeLedger(
  names: readonly string[] = FOUNDERS.slice(0, 4),
  params: Partial<ConsensusParams> = {},
  custodyKeyOf?: CustodyKeyOf,
): FakeLedger {
  const bare = createChain(names, params, 'dev-test', custodyKeyOf);
  const blocks: Committed[] = [];
  const chain: Chain = {
    ...bare,
    commit: (candidates, options) => {
      const built = bare.commit(candidates, options);
      const { block, execution } = built;
      blocks.push({
        block,
        certificate: bare.certificate() as Certificate,
        txs: execution.txs,
        results: execution.resultBytes,
        codes: execution.results.map(({ code }) => code),
      });
      return built;
    },
  };
  return {
    chain,
    blocks,
    commit: (candidates, options) => {
      chain.commit(candidates, options);
      return blocks.at(-1) as Committed;
    },
  };
}

/** What a request became, before it is sent: a test may change anything in it. */
export type Lie = (path: string, answer: Answer) => unknown;
// biome-ignore lint/suspicious/noExplicitAny: a lie may reach into any place of an answer
export type Answer = any;

export interface FakeNode {
  /** Height of the earliest block that it keeps. */
  base: number;
  readonly url: string;
  readonly fetch: Fetch;
  /** Paths asked so far. */
  readonly asked: string[];
  lie: Lie | undefined;
  down: boolean;
  /** Frames after which a stream breaks. */
  framesMax: number;
  /** May change the frames of a stream. */
  lieInStream: (frames: string[]) => string[];
  /** What a submission does; by default it commits at once. */
  onSubmit: (tx: Tx, wait: boolean) => unknown;
  /** Answers for the custody API, where there is one. */
  custody: ((path: string, init: RequestInit) => Promise<Response>) | undefined;
}

let ports = 7000;

/** `hospital`: whose node it says it is. */
export function createFakeNode(ledger: FakeLedger, hospital = 0): FakeNode {
  ports += 1;
  const node: FakeNode = {
    url: `http://127.0.0.1:${ports}`,
    base: 1,
    asked: [],
    lie: undefined,
    down: false,
    custody: undefined,
    framesMax: Number.POSITIVE_INFINITY,
    lieInStream: (frames) => frames,
    onSubmit: (tx, wait) => {
      const { block } = ledger.commit([tx]);
      return wait ? { id: tx.id, state: 'committed', height: block.header.height } : receivedAnswer(tx);
    },
    fetch: async (url, init) => {
      if (node.down) throw new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } });
      init.signal?.throwIfAborted();
      const path = url.slice(node.url.length);
      node.asked.push(path);
      return answerRequest(ledger, node, path, init, hospital);
    },
  };
  return node;
}

export function receivedAnswer(tx: Tx): unknown {
  return { id: tx.id, state: 'received' };
}

/** One `fetch` for several nodes, told apart by their base. */
export function networkFetch(nodes: readonly FakeNode[]): Fetch {
  return (url, init) => {
    const node = nodes.find((candidate) => url.startsWith(`${candidate.url}/`));
    if (node === undefined) throw new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } });
    return node.fetch(url, init);
  };
}

async function answerRequest(
  ledger: FakeLedger,
  node: FakeNode,
  path: string,
  init: RequestInit,
  hospital: number,
): Promise<Response> {
  try {
    if (path.startsWith('/v1/custody/') && node.custody !== undefined) return await node.custody(path, init);
    if (path.startsWith('/v1/events')) return streamEvents(ledger, node, path, init);
    const answer = await route(ledger, node, path, init, hospital);
    const copy: unknown = JSON.parse(JSON.stringify(answer));
    const told = node.lie === undefined ? copy : (node.lie(path, copy) ?? copy);
    return Response.json(told);
  } catch (error) {
    if (!isConsiliumError(error)) throw error;
    const { code, data } = error;
    return Response.json({ code, data, status: 400 }, { status: 400 });
  }
}

async function route(
  ledger: FakeLedger,
  node: FakeNode,
  path: string,
  init: RequestInit,
  hospital: number,
): Promise<unknown> {
  const { pathname, searchParams } = new URL(path, node.url);
  const number = (name: string): number => Number(searchParams.get(name) ?? 0);
  if (pathname === '/v1/status') return statusOf(ledger, hospital);
  if (pathname === '/v1/genesis') return JSON.parse(genesisToJson(ledger.chain.genesis));
  if (pathname === '/v1/light') return lightOf(ledger, number('from'));
  if (pathname === '/v1/state') return stateOf(ledger, JSON.parse(String(init.body)));
  if (pathname === '/v1/tx')
    return node.onSubmit(decodeTx(init.body as Uint8Array), searchParams.has('wait'));
  if (pathname.startsWith('/v1/tx/')) return txOf(ledger, pathname.slice('/v1/tx/'.length));
  if (pathname.startsWith('/v1/blocks/'))
    return blockOf(ledger, kept(node, Number(pathname.slice('/v1/blocks/'.length))));
  if (pathname === '/v1/blocks') return headersOf(ledger, kept(node, number('from')), number('limit'));
  throw refusal('ROUTE_NOT_FOUND');
}

function kept({ base }: FakeNode, height: number): number {
  if (height < base) throw refusal('BLOCK_PRUNED', { height, base });
  return height;
}

export function refusal(code: ErrorCode, data: Record<string, string | number> = {}): ConsiliumError {
  return new ConsiliumError(code, data);
}

function statusOf({ chain, blocks }: FakeLedger, hospital: number): unknown {
  const { tip } = chain.view();
  return {
    chainId: chain.genesis.chainId,
    genesis: chain.deps.genesisHash,
    name: chain.hospitals[hospital]?.name,
    institution: chain.hospitals[hospital]?.id,
    base: 1,
    height: tip.height,
    blockId: tip.id,
    stateRoot: blocks.at(-1)?.block.header.stateRoot ?? '0'.repeat(64),
    time: tip.time,
    round: 0,
    awake: false,
    peers: [],
    mempool: { txs: 0, bytes: 0 },
    synced: true,
    signing: 'signing',
    role: 'validator',
    protocol: {
      version: protocolVersionAt(chain.view().state, tip.height + 1),
      supported: 1,
      upgrade: pendingUpgrade(chain.view().state, tip.height + 1) ?? null,
    },
  };
}

export function signedAt(
  { blocks }: FakeLedger,
  height: number,
): { header: Block['header']; certificate: Certificate } {
  const found = blocks[height - 1];
  if (found === undefined) throw refusal('BLOCK_NOT_FOUND', { height });
  return { header: found.block.header, certificate: found.certificate };
}

function setAt(ledger: FakeLedger, height: number): ValidatorSet {
  return validatorsAt(ledger.chain.view().state, height) as ValidatorSet;
}

function lightOf(ledger: FakeLedger, from: number): unknown {
  const tip = ledger.blocks.length;
  const steps: LightStep[] = [];
  for (let height = from + 1; height <= tip; height += 1) {
    const signed = signedAt(ledger, height);
    const changes = signed.header.nextValidatorsHash !== signed.header.validatorsHash;
    if (changes || height === tip)
      steps.push({ ...signed, nextValidators: changes ? setAt(ledger, height + 1) : null });
  }
  return { steps, next: null };
}

interface StateBody {
  readonly keys: readonly { readonly table: number; readonly key: string }[];
  readonly minHeight?: number;
}

function stateOf(ledger: FakeLedger, { keys, minHeight = 0 }: StateBody): unknown {
  const height = ledger.blocks.length;
  if (height < minHeight) throw refusal('STALE');
  if (height === 0) throw refusal('CHAIN_EMPTY');
  const { state, tree } = ledger.chain.view();
  const entries = keys.map(({ table, key }) => {
    const value = state.get(table, fromHex(key));
    const proof = proveState(tree, stateKeyHash(table, fromHex(key)));
    return { table, key, value: value === undefined ? null : toHex(value), proof };
  });
  return { ...signedAt(ledger, height), entries };
}

function txOf(ledger: FakeLedger, id: Hex32): unknown {
  for (const { block, txs, results, codes, certificate } of ledger.blocks) {
    const index = txs.findIndex((tx) => tx.id === id);
    const [tx, result] = [txs[index], results[index]];
    if (tx === undefined || result === undefined) continue;
    return {
      id,
      state: 'committed',
      height: block.header.height,
      index,
      code: codes[index],
      tx: toHex(tx.bytes),
      header: block.header,
      certificate,
      txProof: createMerkleProver(txs.map((each) => fromHex(each.id)))(index),
      result: toHex(result),
      resultProof: createMerkleProver(results)(index),
    };
  }
  return { id, state: 'unknown' };
}

function blockOf(ledger: FakeLedger, height: number): unknown {
  const { certificate } = signedAt(ledger, height);
  return { block: toHex(encodeBlock((ledger.blocks[height - 1] as Committed).block)), certificate };
}

function headersOf(ledger: FakeLedger, from: number, limit: number): unknown {
  const page = ledger.blocks.slice(from - 1, from - 1 + limit);
  const headers = page.map(({ block, certificate }) => ({
    id: headerId(block.header),
    header: block.header,
    certificate,
  }));
  return { headers, next: null };
}

/** All events so far from the cursor on; then the stream breaks, or stays open without a word until it is aborted. */
function streamEvents(ledger: FakeLedger, node: FakeNode, path: string, init: RequestInit): Response {
  const last = new Headers(init.headers).get('last-event-id');
  const from = new URL(path, node.url).searchParams.get('from');
  const [height = 0, index = -1] = last === null ? [Number(from), -1] : last.split('.').map(Number);
  const frames = node.lieInStream(
    ledger.blocks
      .slice(height - 1)
      .flatMap(framesOf)
      .filter(isAfter(height, index)),
  );
  const sent = frames.slice(0, node.framesMax);
  const text = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start: (stream) => {
      stream.enqueue(text.encode('retry: 1000\n\n:\n\n'));
      // A frame may come in two pieces.
      for (const frame of sent) {
        stream.enqueue(text.encode(frame.slice(0, 9)));
        stream.enqueue(text.encode(frame.slice(9)));
      }
      if (frames.length > sent.length) stream.close();
      init.signal?.addEventListener('abort', () => stream.error(new Error('aborted')));
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}

function framesOf({ block, txs, codes }: Committed): string[] {
  const { height, time } = block.header;
  const frame = (event: string, index: number, data: object): string =>
    `event: ${event}\nid: ${height}.${index}\ndata: ${JSON.stringify(data)}\n\n`;
  return [
    ...txs.map(({ id }, index) => frame('tx', index, { id, height, index, code: codes[index] })),
    frame('block', txs.length, { height, id: headerId(block.header), time, txs: txs.length }),
  ];
}

function isAfter(height: number, index: number): (frame: string) => boolean {
  return (frame) => {
    const [, at = '0', place = '0'] = /id: ([0-9]+)\.([0-9]+)/.exec(frame) ?? [];
    return Number(at) > height || Number(place) > index;
  };
}
