// Attackers that speak the protocol of peers: strangers with keys of their own, and one whom the ledger admits.
import { noise } from '@chainsafe/libp2p-noise';
import { fromHex } from '@consilium/core';
import { createClient, noop, parseGenesis, signerOf } from '@consilium/sdk';
import type { Connection, Stream } from '@libp2p/interface';
import { type TCPSocketOptions, tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p, type Libp2p } from 'libp2p';
import { encodeMessage } from '../../../src/messages/wire.ts';
import { CHANNELS, protocolOf } from '../../../src/net/channels.ts';
import { encodeFrames } from '../../../src/net/frames.ts';
import { networkKeyPair } from '../../../src/net/index.ts';
import type { Channel } from '../../../src/ports.ts';
import { type Attacker, type AttackPlan, count, sourceOf, type Tally } from './plan.ts';
import { untilAborted } from './tcp.ts';

async function peerWith(seed: Uint8Array, genesis: string, from: () => string): Promise<Libp2p> {
  const libp2p = await createLibp2p({
    privateKey: await networkKeyPair(seed),
    transports: [tcp({ dialOpts: dialFrom(from) })],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
    connectionManager: { reconnectRetries: 0 },
  });
  // All of them, or a node takes it for one of another network and leaves it.
  for (const channel of CHANNELS) await libp2p.handle(protocolOf(genesis, channel), () => undefined);
  return libp2p;
}

/** Looked at for each connection. The transport hands all of it to Node.js; its type names a part. */
function dialFrom(from: () => string): TCPSocketOptions & { readonly localAddress: string } {
  return {
    get localAddress() {
      return from();
    },
  };
}

const addressOf = (port: number) => multiaddr(`/ip4/127.0.0.1/tcp/${port}`);

/** A new key and another address for each try, several at once at every node. */
export const stranger: Attacker = async (plan, tally, signal) => {
  let tries = 0;
  const from = (): string => sourceOf(tries++, plan.sources);
  await Promise.all(
    plan.targets.flatMap(({ p2p }) =>
      [0, 1, 2].map(() =>
        untilAborted(signal, async () => {
          const peer = await peerWith(crypto.getRandomValues(new Uint8Array(32)), plan.genesis, from);
          try {
            count(tally, 'dials');
            const connection = await peer.dial(addressOf(p2p), { signal });
            await connection.newStream(protocolOf(plan.genesis, 'agreement'), { signal });
            count(tally, 'channelsOpened');
          } finally {
            await peer.stop();
          }
        }),
      ),
    ),
  );
};

type Use = (connection: Connection, open: (channel: Channel) => Promise<Stream>) => Promise<void>;

/**
 * The admitted peer at every node: connected, used, and connected again when it was cut off, every other time from the address
 * that it is known by, else from ever others.
 */
async function asAdmitted(plan: AttackPlan, tally: Tally, signal: AbortSignal, use: Use): Promise<void> {
  let tries = 0;
  const from = (): string => {
    tries += 1;
    return sourceOf(tries % 2 === 0 ? tries : 0, plan.sources);
  };
  const peer = await peerWith(fromHex(plan.networkSeed), plan.genesis, from);
  await Promise.all(
    plan.targets.map(({ p2p }) =>
      untilAborted(signal, async () => {
        count(tally, 'dials');
        const connection = await peer.dial(addressOf(p2p), { signal });
        count(tally, 'connections');
        await use(connection, (channel) =>
          connection.newStream(protocolOf(plan.genesis, channel), { signal }),
        );
        await connection.close({ signal });
      }),
    ),
  );
  await peer.stop();
}

const OVERSIZE = Uint8Array.of(0xff, 0xff, 0xff, 0xff);

/** A message that says it is 4 GB long, on every channel. */
export const oversizeFrames: Attacker = (plan, tally, signal) =>
  asAdmitted(plan, tally, signal, async (_connection, open) => {
    for (const channel of CHANNELS) {
      const stream = await open(channel);
      stream.send(OVERSIZE);
      count(tally, 'framesAnnounced');
    }
  });

/** Sends as fast as the node takes it. */
async function pour(
  stream: Stream,
  tally: Tally,
  signal: AbortSignal,
  next: () => Uint8Array,
): Promise<void> {
  while (!signal.aborted && stream.status === 'open') {
    const bytes = next();
    count(tally, 'bytesSent', bytes.length);
    if (stream.send(bytes)) await new Promise((resolve) => setImmediate(resolve));
    else
      await Promise.race([
        new Promise((resolve) => stream.addEventListener('drain', resolve, { once: true })),
        new Promise((resolve) => stream.addEventListener('close', resolve, { once: true })),
        new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true })),
      ]);
  }
}

/**
 * Everything that costs a node work and breaks as little as can be: transactions with false signatures, requests for
 * blocks, statuses, and bytes that are no message.
 */
export const flood: Attacker = async (plan, tally, signal) => {
  const signed = await signedTransactions(plan, 200);
  const falsified = signed.map((bytes) => {
    const copy = bytes.slice();
    copy[copy.length - 1] = (copy[copy.length - 1] ?? 0) ^ 1;
    return copy;
  });
  const transactions = encodeFrames([encodeMessage({ type: 'transactions', txs: falsified })]);
  const status = {
    base: 1,
    height: 1,
    lastBlockId: '00'.repeat(32),
    round: 0,
    awake: true,
    timeMs: Date.now(),
  };
  const agreement = encodeFrames(
    Array.from({ length: 200 }, () => encodeMessage({ type: 'status', ...status })),
  );
  const sync = encodeFrames(
    Array.from({ length: 100 }, (_, requestId) =>
      encodeMessage({ type: 'blocks-request', requestId, fromHeight: 1, count: 64 }),
    ),
  );
  const custody = encodeFrames([crypto.getRandomValues(new Uint8Array(60_000))]);
  await asAdmitted(plan, tally, signal, async (_connection, open) => {
    const channels = { transactions, agreement, sync, custody } as const;
    await Promise.all(
      Object.entries(channels).map(async ([channel, frames]) =>
        pour(await open(channel as Channel), tally, signal, () => frames),
      ),
    );
  });
};

/** More transactions than are its share, all of them valid. */
export const floodOfValidTransactions: Attacker = async (plan, tally, signal) => {
  const signed = await signedTransactions(plan, 4_000);
  let taken = 0;
  await asAdmitted(plan, tally, signal, async (_connection, open) => {
    await pour(await open('transactions'), tally, signal, () => {
      const txs = Array.from({ length: 100 }, () => signed[taken++ % signed.length] as Uint8Array);
      count(tally, 'transactionsSent', txs.length);
      return encodeFrames([encodeMessage({ type: 'transactions', txs })]);
    });
  });
};

async function signedTransactions(plan: AttackPlan, length: number): Promise<Uint8Array[]> {
  const node = `http://127.0.0.1:${plan.targets[0]?.api}`;
  const genesis = parseGenesis(await (await fetch(`${node}/v1/genesis`)).text());
  const client = createClient({ node, genesis });
  const signer = signerOf({ account: plan.account, seed: plan.accountSeed });
  return Array.from({ length }, () => client.buildTx([noop()], signer).bytes);
}
