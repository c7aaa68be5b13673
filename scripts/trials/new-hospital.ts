// Owns: how long a new hospital takes from the last approval to its first vote on a network with a long history: from a
// snapshot, and by fetching and executing every block. Real daemons on this machine.
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { actionOf } from '@consilium/core';
import { heightAt } from '../../packages/node/test/e2e/support/asking.ts';
import { admit, makeSnapshot, trustAt, untilItVotes } from '../../packages/node/test/e2e/support/joining.ts';
import { type Load, startLoad } from '../../packages/node/test/e2e/support/load.ts';
import { createNetwork, type Network, type Validator } from '../../packages/node/test/e2e/support/network.ts';
import { until } from '../../packages/node/test/e2e/support/waiting.ts';
import type { Client, Signer, Tx } from '../../packages/sdk/src/index.ts';
import { numberOf } from './support/options.ts';
import type { Trial } from './trial.ts';

const SNAPSHOT_SECONDS_MAX = 60;
const BATCH = 256;
const FULL_MS = 50;
/** The whole history is executed by one core. */
const JOIN_MS_MAX: number = 30 * 60_000;

export const trial: Trial = {
  about:
    'a new hospital votes within 60 s of the last approval on a network with 100,000 transactions, from a snapshot; and by every block at a stated rate (10 minutes; --transactions N)',
  run: async ({ args, tell }) => {
    const { values } = parseArgs({
      args: [...args],
      options: { transactions: { type: 'string', default: '100000' } },
    });
    await using network = await createNetwork();
    await network.start(['snapshots.every_blocks=0', 'snapshots.every_minutes=0']);
    const history = await makeHistory(network, numberOf(values.transactions, '--transactions'), tell);
    const { snapshots, snapshot } = await snapshotsEverywhere(network);
    tell(`snapshot: ${JSON.stringify(snapshot)}`);
    // Three of four decide, and then four of five.
    const quick = await joined(network, 'Hospital Lake', 3, true, tell);
    const slow = await joined(network, 'Hospital Hill', 4, false, tell);
    if (quick.seconds > SNAPSHOT_SECONDS_MAX)
      throw new Error(`from a snapshot it took ${quick.seconds} s, more than ${SNAPSHOT_SECONDS_MAX} s`);
    const { blocks, transactions } = history;
    return {
      history,
      snapshot: { ...snapshot, seconds: snapshots },
      fromSnapshot: quick,
      byEveryBlock: {
        ...slow,
        blocksPerSecond: Math.round(blocks / slow.caughtUpSeconds),
        transactionsPerSecond: Math.round(transactions / slow.caughtUpSeconds),
      },
    };
  },
};

interface History {
  readonly transactions: number;
  readonly blocks: number;
  readonly seconds: number;
}

/** Anchors, each a few rows of state: handed in at all nodes as fast as they take them. */
async function makeHistory(network: Network, count: number, tell: (line: string) => void): Promise<History> {
  const client = network.client({ trustNode: true });
  const begun = performance.now();
  let made = 0;
  await Promise.all(
    network.validators.map(async ({ apiUrl, signer }) => {
      while (made < count) {
        const size = Math.min(BATCH, count - made);
        made += size;
        const txs = Array.from({ length: size }, (_, at) => anchor(client, signer, `${made} ${at}`));
        await handIn(apiUrl, txs);
        if (made % (40 * BATCH) < BATCH) tell(`${made} transactions handed in`);
      }
    }),
  );
  const settled = startLoad(network);
  await settled.more(8);
  await settled.stop();
  const { height } = await client.tip();
  const seconds = (performance.now() - begun) / 1_000;
  return { transactions: count, blocks: height, seconds: Math.round(seconds) };
}

function anchor(client: Client, signer: Signer, name: string): Tx {
  const root = createHash('sha256').update(`${signer.account} ${name}`).digest('hex');
  return client.buildTx([actionOf('anchor.commit', { root, count: 1, schema: 'trial' })], signer);
}

async function handIn(api: string, txs: readonly Tx[]): Promise<void> {
  let waiting = [...txs];
  while (waiting.length > 0) {
    const response = await fetch(`${api}/v1/txs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ txs: waiting.map(({ bytes }) => Buffer.from(bytes).toString('hex')) }),
    });
    if (response.status === 429 || response.status === 503) {
      await delay(FULL_MS);
      continue;
    }
    if (!response.ok) throw new Error(`a node answered ${response.status}: ${await response.text()}`);
    const { outcomes } = (await response.json()) as {
      outcomes: readonly { readonly state: string; readonly code?: string }[];
    };
    waiting = waiting.filter((_, index) => isFull(outcomes[index]));
    if (waiting.length > 0) await delay(FULL_MS);
  }
}

function isFull(outcome: { readonly state: string; readonly code?: string } | undefined): boolean {
  if (outcome?.state === 'received' || outcome?.code === 'TX_DUPLICATE') return false;
  if (outcome?.code === 'MEMPOOL_FULL') return true;
  throw new Error(`a transaction was refused: ${outcome?.code}`);
}

async function snapshotsEverywhere(network: Network): Promise<{
  readonly snapshots: number;
  readonly snapshot: Awaited<ReturnType<typeof makeSnapshot>>;
}> {
  const begun = performance.now();
  const all = await Promise.all(network.validators.map((each) => makeSnapshot(network, each)));
  const [snapshot] = all;
  if (snapshot === undefined) throw new Error('invariant: there are founders');
  return { snapshots: Math.round((performance.now() - begun) / 100) / 10, snapshot };
}

interface Joined {
  /** From the last approval to the block that was the newest then, and to its first vote in a certificate. */
  readonly caughtUpSeconds: number;
  readonly seconds: number;
}

/** Under a light load: a change of the set takes effect two blocks later. */
async function joined(
  network: Network,
  name: string,
  voters: number,
  bySnapshot: boolean,
  tell: (line: string) => void,
): Promise<Joined> {
  const [first] = network.validators as [Validator, ...Validator[]];
  const newcomer = await network.newcomer(name);
  const trust = await trustAt(network, first);
  await admit(network, newcomer, network.validators.slice(0, voters));
  const begun = performance.now();
  const goal = await heightAt(first);
  await newcomer.start([], bySnapshot ? ['--trust', trust] : []);
  const load: Load = startLoad(network, network.validators, 1);
  const atGoal = async (): Promise<boolean> => (await heightAt(newcomer).catch(() => 0)) >= goal;
  await until(() => `${name} at ${goal}; its log ends: ${newcomer.log().slice(-2_000)}`, atGoal, JOIN_MS_MAX);
  const caughtUpSeconds = secondsSince(begun);
  tell(`${name} has caught up after ${caughtUpSeconds} s`);
  await untilItVotes(network, newcomer, JOIN_MS_MAX);
  const seconds = secondsSince(begun);
  await load.stop();
  tell(`${name} votes after ${seconds} s`);
  return { caughtUpSeconds, seconds };
}

function secondsSince(begun: number): number {
  return Math.round((performance.now() - begun) / 100) / 10;
}
