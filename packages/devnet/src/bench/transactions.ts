// Owns: how fast the ledger of a running network is: the time of one transaction on an idle network, and how many a second
// it commits when it is given as many as it takes. Does not own: starting the network, printing.
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, ConsiliumError, noop, type Signer, type Tx } from '@consilium/sdk';
import type { Devnet } from '../handle.ts';
import { percentile } from './statistics.ts';

export interface LatencyFigures {
  readonly transactions: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface ThroughputFigures {
  readonly transactions: number;
  readonly seconds: number;
  readonly perSecond: number;
}

/** One at a time, each proven before the next is signed: what a person waits for. */
export async function measureLatency(devnet: Devnet, transactions: number): Promise<LatencyFigures> {
  const client = devnet.client(['a'], { trustNode: true });
  const signer = await devnet.signer('a');
  const tookMs: number[] = [];
  for (let count = 0; count < transactions; count += 1) {
    const tx = client.buildTx([noop()], signer);
    const begun = performance.now();
    await post(devnet.node('a').api, '/v1/tx?wait=committed', tx.bytes);
    tookMs.push(performance.now() - begun);
  }
  return { transactions, p50Ms: percentile(tookMs, 50), p99Ms: percentile(tookMs, 99) };
}

/** Transactions of one request. */
const BATCH = 256;
/** A full pool has room again soon. */
const FULL_MS = 50;

/** Signed beforehand, handed in at all nodes at once, counted when the last one is committed. */
export async function measureThroughput(devnet: Devnet, transactions: number): Promise<ThroughputFigures> {
  const { nodes } = devnet.file;
  const client = devnet.client();
  const signed = await Promise.all(
    nodes.map(async ({ name }) => signMany(client, await devnet.signer(name), transactions / nodes.length)),
  );
  const begun = performance.now();
  await Promise.all(nodes.map(({ api }, index) => handIn(api, signed[index] ?? [])));
  const lasts = signed.flatMap((txs) => txs.slice(-1));
  for (const tx of lasts) await client.send(tx);
  const seconds = (performance.now() - begun) / 1_000;
  const count = signed.reduce((sum, txs) => sum + txs.length, 0);
  return { transactions: count, seconds, perSecond: count / seconds };
}

function signMany(client: Client, signer: Signer, count: number): readonly Tx[] {
  return Array.from({ length: Math.floor(count) }, () => client.buildTx([noop()], signer));
}

interface Outcome {
  readonly state: string;
  readonly code?: string;
}

async function handIn(api: string, txs: readonly Tx[]): Promise<void> {
  let waiting = [...txs];
  while (waiting.length > 0) {
    const batch = waiting.slice(0, BATCH);
    const body = JSON.stringify({ txs: batch.map(({ bytes }) => Buffer.from(bytes).toString('hex')) });
    const { outcomes } = (await post(api, '/v1/txs', body)) as { outcomes: readonly Outcome[] };
    const full = batch.filter((_, index) => isFull(outcomes[index]));
    waiting = [...full, ...waiting.slice(BATCH)];
    if (full.length > 0) await delay(FULL_MS);
  }
}

/** Refused for want of room; anything else that is not taken is a fault of this measurement. */
function isFull(outcome: Outcome | undefined): boolean {
  if (outcome?.state === 'received') return false;
  if (outcome?.code === 'MEMPOOL_FULL') return true;
  throw new ConsiliumError('NODE_ANSWER_INVALID', { reason: outcome?.code ?? 'no outcome' });
}

async function post(api: string, path: string, body: Uint8Array | string): Promise<unknown> {
  const type = typeof body === 'string' ? 'application/json' : 'application/octet-stream';
  const response = await fetch(`${api}${path}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: typeof body === 'string' ? body : body.slice(),
  });
  if (!response.ok) throw new ConsiliumError('NODE_ANSWER_INVALID', { status: response.status });
  return response.json();
}
