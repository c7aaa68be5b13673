// Owns: clients of a devnet: what they write through which node, and what they were told became of it. A refusal is `fail`,
// silence is `info`; never mixed. Does not own: what is on the chain (the checkers).
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf, decodeTx, type ErrorCode, type Hex32, isConsiliumError, type Tx } from '@consilium/core';
import type { Devnet } from '@consilium/devnet';
import type { Action, Client, Fetch, Signer } from '@consilium/sdk';
import type { Prng } from '@consilium/sim';
import type { Checker } from '../checkers/checker.ts';
import { type History, violate } from '../history/history.ts';
import type { ConsentOperation } from '../history/operations.ts';
import type { WriteSeen } from '../run/verdict.ts';
import type { Workload as WorkloadSpec } from '../scenario/scenario.ts';

export interface Door {
  /** `n1`, ... */
  readonly name: string;
  readonly id: Hex32;
  /** Talks to this node alone, and believes it: what it was told is what is checked. */
  readonly client: Client;
  /** Of the institution whose node it is. */
  readonly signer: Signer;
}

export interface Workload {
  readonly doors: readonly Door[];
  /** What clients did to consents, for whoever asks whether one order explains it. */
  readonly operations: ConsentOperation[];
  readonly nowMs: () => number;
  /** Resolves with what the client was told; never rejects. */
  write(
    door: Door,
    actions: readonly Action[],
    signer: Signer,
    wait?: 'received' | 'committed',
  ): Promise<Answered>;
  /** Of all nodes; every transaction that goes out by it is noted as a write through the node that it goes to. */
  notingClient(): Client;
  start(spec: WorkloadSpec, plays: readonly ClientPlay[], prng: Prng): void;
  stop(): Promise<void>;
  /** After the end: each write beside the chain. */
  writes(): readonly WriteSeen[];
  /** After the end: what was refused must not stand on the chain. */
  convictRefused(): void;
}

/** One write through a door, and what the client was told of it. */
export type WriteOnce = (door: Door, actions: readonly Action[], signer: Signer) => Promise<Answered>;

/** Does the next thing that one client does. */
export type ClientPlay = (write: WriteOnce, doors: readonly Door[], prng: Prng) => Promise<void>;

export interface Answered {
  readonly outcome: 'ok' | 'fail' | 'info';
  /** What the ledger made of it, when it was told of the commit. */
  readonly code: string | undefined;
  /** Index of what the first action made, when it was told. */
  readonly index: number | undefined;
}

interface Write {
  readonly id: Hex32;
  readonly node: string;
  readonly atMs: number;
  told: 'ok' | 'fail' | 'info';
}

/** A client that is told nothing for so long goes on with its next write. */
const PATIENCE_MS = 5_000;
const PAUSE_MS_MIN = 1_000;
const PAUSE_MS_MAX = 6_000;

/** What a client is told when nobody can know what becomes of its write. */
const SILENCE: readonly ErrorCode[] = [
  'API_BUSY',
  'API_STOPPING',
  'NODE_ANSWER_INVALID',
  'NODE_UNREACHABLE',
  'PROOF_INVALID',
  'STALE',
  'TX_WAIT_TIMEOUT',
];

export interface WorkloadDeps {
  readonly doors: readonly Door[];
  readonly checkers: Pick<Required<Checker>, 'submitted'>;
  readonly history: History;
  readonly operations: ConsentOperation[];
  readonly nowMs: () => number;
  readonly clientBy: (fetch: Fetch) => Client;
}

export async function openDoors(
  devnet: Devnet,
  nodes: readonly { readonly name: string; readonly id: Hex32; readonly entry: { readonly name: string } }[],
): Promise<readonly Door[]> {
  return Promise.all(
    nodes.map(async ({ name, id, entry }) => ({
      name,
      id,
      client: devnet.client([entry.name], { trustNode: true }),
      signer: await devnet.signer(entry.name),
    })),
  );
}

export function createWorkload(deps: WorkloadDeps): Workload {
  const { doors, checkers, history, operations, nowMs, clientBy } = deps;
  const writes = new Map<Hex32, Write>();
  const aborter = new AbortController();
  const running: Promise<void>[] = [];

  const note = (tx: Tx, door: Door): Write => {
    const write: Write = { id: tx.id, node: door.name, atMs: nowMs(), told: 'info' };
    writes.set(tx.id, write);
    checkers.submitted(tx, door.id);
    return write;
  };

  const write: Workload['write'] = async (door, actions, signer, wait = 'committed') => {
    const tx = door.client.buildTx(actions, signer);
    const noted = note(tx, door);
    const answered = await send(door.client, tx, wait);
    const { outcome } = answered;
    noted.told = outcome;
    const submitted = history.submitted.get(tx.id);
    if (outcome === 'ok' && submitted !== undefined) submitted.acknowledged = true;
    return answered;
  };

  return {
    ...{ doors, write, nowMs, operations },
    notingClient: () => clientBy(notingFetch(doors, (tx, door) => writes.has(tx.id) || note(tx, door))),
    start: (spec, plays, prng) => {
      for (const [place, play] of plays.entries())
        running.push(
          runClient({ doors, write, signal: aborter.signal }, spec, play, prng.fork(`client ${place}`)),
        );
    },
    stop: async () => {
      aborter.abort();
      await Promise.all(running);
    },
    writes: () => {
      const counts = countsOn(history);
      return [...writes.values()].map(({ told, ...seen }) => ({
        ...seen,
        outcome: outcomeOf(told, counts.get(seen.id) ?? 0),
      }));
    },
    convictRefused: () => {
      const counts = countsOn(history);
      for (const { id, told } of writes.values())
        if (told === 'fail' && counts.has(id))
          violate(history, 'no-lost-ack', `${id} was refused and is there`);
    },
  };
}

function countsOn({ chain }: History): ReadonlyMap<Hex32, number> {
  const counts = new Map<Hex32, number>();
  for (const { txIds } of chain.values()) for (const id of txIds) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}

function outcomeOf(told: Write['told'], found: number): WriteSeen['outcome'] {
  if (found > 1) return 'duplicated';
  if (told === 'ok') return found === 1 ? 'ok' : 'lost';
  return told;
}

async function send(client: Client, tx: Tx, wait: 'received' | 'committed'): Promise<Answered> {
  try {
    const told = await client.send(tx, { wait, timeoutMs: PATIENCE_MS });
    if (told.state !== 'committed') return { outcome: 'info', code: undefined, index: undefined };
    return { outcome: 'ok', code: told.code, index: told.outcomes[0]?.index ?? undefined };
  } catch (error) {
    if (!isConsiliumError(error)) throw error;
    const silent = SILENCE.some((code) => code === codeOf(error));
    return { outcome: silent ? 'info' : 'fail', code: undefined, index: undefined };
  }
}

/** Who hands in is not told what the SDK is told of the commit: such a write is `info`, and on the chain or not. */
function notingFetch(doors: readonly Door[], note: (tx: Tx, door: Door) => void): Fetch {
  return (url, init) => {
    const door = doors.find(({ client }) => client.nodes.some((node) => url.startsWith(`${node}/v1/tx`)));
    if (door !== undefined && init.body instanceof Uint8Array) note(decodeTx(init.body), door);
    return fetch(url, init);
  };
}

interface ClientRun {
  readonly doors: readonly Door[];
  readonly write: Workload['write'];
  readonly signal: AbortSignal;
}

/** One write after the other, each through a drawn node, so many a second over all clients. */
async function runClient(run: ClientRun, spec: WorkloadSpec, play: ClientPlay, prng: Prng): Promise<void> {
  const meanMs = (1_000 * spec.clients) / spec.rate;
  const pauseMs = (): number => (prng.chance(spec.pause) ? prng.between(PAUSE_MS_MIN, PAUSE_MS_MAX) : 0);
  while (!run.signal.aborted) {
    await delay(prng.between(1, 2 * meanMs) + pauseMs(), undefined, { signal: run.signal }).catch(
      () => undefined,
    );
    if (run.signal.aborted) return;
    await play((door, actions, signer) => run.write(door, actions, signer), run.doors, prng);
  }
}
