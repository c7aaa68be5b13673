// A newcomer with an empty store, and peers that keep a chain and snapshots of it, in one thread under a manual clock.
import {
  type Action,
  actionOf,
  type Block,
  type Certificate,
  encodeLightSteps,
  genesisState,
  genesisTip,
  type Hex32,
  hashBlocks64,
  headerId,
  type LightStep,
  sha256,
  toHex,
  validatorsAt,
} from '@consilium/core';
import { type Chain, createChain, type Hospital, hospital } from '../../../core/test/kit/chain.ts';
import {
  decodeSnapshotMessage,
  encodeSnapshotMessage,
  type SnapshotMessage,
} from '../../src/messages/snapshot.ts';
import type { Channel, Kv, KvWrite, NetHandler, Peers } from '../../src/ports.ts';
import { commitWrites, genesisWrites } from '../../src/replica/chain.ts';
import { SnapshotJoin } from '../../src/sync/join.ts';
import type { Trust } from '../../src/sync/join-rows.ts';
import { cutState } from '../../src/sync/snapshot-cut.ts';
import type { Hashing } from '../../src/sync/snapshot-format.ts';
import { SnapshotServer, type SnapshotSource } from '../../src/sync/snapshot-server.ts';
import { TABLES } from '../../src/tables.ts';
import { createEventLog, createManualClock, type EventLog, type ManualClock } from './fakes.ts';

export const HASHING: Hashing = { sha256, hashBlocks: hashBlocks64 };
/** So small that a young state has a few dozen parts. */
export const CHUNK_BYTES = 512;

export interface RowsKv extends Kv {
  rows(): { readonly table: number; readonly key: Uint8Array; readonly value: Uint8Array }[];
  /** Batches written so far. */
  readonly writes: number;
  /** From this batch on nothing is written any more, and nobody is told: the machine is off. */
  cutAfter(writes: number): void;
}

export function createRowsKv(from?: RowsKv): RowsKv {
  const rows = new Map(from?.rows().map((row) => [`${row.table}:${toHex(row.key)}`, row]));
  let writes = 0;
  let last = Number.POSITIVE_INFINITY;
  return {
    get: (table, key) => rows.get(`${table}:${toHex(key)}`)?.value,
    write: (batch, done) => {
      if (writes >= last) return;
      writes += 1;
      for (const { table, key, value } of batch) {
        if (value === null) rows.delete(`${table}:${toHex(key)}`);
        else rows.set(`${table}:${toHex(key)}`, { table, key, value });
      }
      queueMicrotask(() => done());
    },
    rows: () => [...rows.values()],
    get writes() {
      return writes;
    },
    cutAfter: (count) => {
      last = count;
    },
  };
}

export interface Past {
  readonly chain: Chain;
  readonly kv: RowsKv;
  readonly steps: LightStep[];
  readonly blocks: Block[];
  commit(actions?: readonly (readonly Action[])[]): void;
  idOf(height: number): Hex32;
  /** As of now. */
  snapshot(): { readonly height: number } & ReturnType<typeof cutState>;
}

/** A chain that one hospital keeps, on a store. */
export function createPast(): Past {
  const chain = createChain();
  const kv = createRowsKv();
  const steps: LightStep[] = [];
  const blocks: Block[] = [];
  kv.write(genesisWrites(genesisState(chain.genesis), genesisTip(chain.genesis)), () => undefined);
  const commit: Past['commit'] = (actions = []) => {
    const sender = chain.hospitals[0] as Hospital;
    const txs = actions.map((each) => chain.tx(sender.id, sender.account, each));
    commitTxs(txs);
  };
  const commitTxs = (txs: Parameters<Chain['commit']>[0]): void => {
    // A minute each, so that the replay window has five blocks.
    const { block, execution } = chain.commit(txs, { time: chain.view().tip.time + 60_000 });
    const certificate = chain.certificate() as Certificate;
    kv.write(commitWrites({ block, certificate, execution, polkas: [] }), () => undefined);
    blocks.push(block);
    const { header } = block;
    if (header.nextValidatorsHash !== header.validatorsHash)
      steps.push({
        header,
        certificate,
        nextValidators: validatorsAt(chain.view().state, header.height + 1) ?? null,
      });
  };
  const admit = (): void => {
    const change = { type: 'admit', card: hospital('Sihl').card } as const;
    commit([[actionOf('institutions.propose', { change })]]);
    const id = kv
      .rows()
      .find(({ table, key }) => table === TABLES.state && key[0] === 8)
      ?.key.subarray(1);
    const others = chain.hospitals.slice(1);
    commitTxs(
      others.map((each) =>
        chain.tx(each.id, each.account, [
          actionOf('institutions.approve', { proposal: toHex(id ?? new Uint8Array(32)) }),
        ]),
      ),
    );
  };
  admit();
  // As a learner: its own word puts it into the set.
  const newcomer = hospital('Sihl');
  commitTxs([chain.tx(newcomer.id, newcomer.account, [actionOf('institutions.join', {})])]);
  for (let made = 0; made < 8; made += 1)
    commit([
      [actionOf('anchor.commit', { root: toHex(sha256(Uint8Array.of(made))), count: 1, schema: 'x' })],
    ]);
  return {
    chain,
    kv,
    steps,
    blocks,
    commit,
    idOf: (height) => headerId((blocks[height - 1] as Block).header),
    snapshot: () => {
      const { header } = blocks.at(-1) as Block;
      const rows = kv.rows().filter(({ table }) => table === TABLES.state);
      return { height: header.height, ...cutState(header, rows, HASHING, CHUNK_BYTES) };
    },
  };
}

export type KeptSnapshot = ReturnType<Past['snapshot']>;

export function sourceOf(kept: readonly KeptSnapshot[]): SnapshotSource {
  return {
    manifests: () => kept.map(({ manifest }) => manifest),
    chunk: (height, index, done) => done(kept.find((each) => each.height === height)?.chunks[index]),
  };
}

/** What a hostile peer sends in the place of an answer: nothing, or others, `lateMs` later. */
export type Bend = (answer: SnapshotMessage) => {
  readonly messages: readonly SnapshotMessage[];
  readonly lateMs?: number;
};

export interface PeerPlan {
  readonly kept: readonly KeptSnapshot[];
  readonly bend?: Bend;
  readonly past?: Past;
}

export interface JoinWorld {
  readonly clock: ManualClock;
  readonly log: EventLog;
  readonly kv: RowsKv;
  readonly join: SnapshotJoin;
  readonly penalties: { readonly peer: string; readonly code: string }[];
  /** Requests by peer, as they were sent. */
  readonly asked: { readonly peer: string; readonly message: SnapshotMessage }[];
  result(): 'running' | 'done' | string;
  /** Until it has ended, or so much time has passed. */
  run(msMax?: number): Promise<number>;
}

export function startJoin(
  past: Past,
  trust: Trust,
  peers: Readonly<Record<string, PeerPlan>>,
  kv = createRowsKv(),
): JoinWorld {
  const clock = createManualClock();
  const log = createEventLog();
  const penalties: JoinWorld['penalties'] = [];
  const asked: JoinWorld['asked'] = [];
  let result = 'running';
  let newcomer: NetHandler | undefined;
  const doors = new Map<string, NetHandler>();
  for (const [name, plan] of Object.entries(peers)) {
    const { kept, bend, past: own = past } = plan;
    const net: Peers = {
      start: (handler) => doors.set(name, handler),
      connected: () => [],
      send: (_peer, channel, bytes) => {
        const bent = bend?.(decodeSnapshotMessage(bytes));
        const messages = bent === undefined ? [bytes] : bent.messages.map(encodeSnapshotMessage);
        for (const each of messages)
          clock.after(1 + (bent?.lateMs ?? 0), () => newcomer?.onMessage(name, channel, each));
        return true;
      },
      pause: () => undefined,
      penalize: () => undefined,
    };
    new SnapshotServer({
      clock,
      kv: own.kv,
      net,
      source: sourceOf(kept),
      lightSteps: (from, done) => done(encodeLightSteps(stepsFrom(own, from))),
    }).start();
  }
  const net: Peers = {
    start: (handler) => {
      newcomer = handler;
      for (const name of doors.keys()) handler.onConnect(name);
    },
    connected: () => [...doors.keys()],
    send: (peer, channel: Channel, bytes) => {
      asked.push({ peer, message: decodeSnapshotMessage(bytes) });
      clock.after(1, () => doors.get(peer)?.onMessage('newcomer', channel, bytes));
      return true;
    },
    pause: () => undefined,
    penalize: (peer, code) => penalties.push({ peer, code }),
  };
  const { genesis, deps } = past.chain;
  const { genesisHash, verify } = deps;
  const ports = { genesis, genesisHash, kv, net, clock, report: log.report, verify, hashing: HASHING };
  const join = new SnapshotJoin(ports, trust, (error) => {
    result = error?.code ?? 'done';
  });
  join.start();
  const run = async (msMax = 60_000): Promise<number> => {
    let passed = 0;
    for (; passed < msMax && result === 'running'; passed += 1) {
      clock.advance(1);
      await Promise.resolve();
      await Promise.resolve();
    }
    return passed;
  };
  return { clock, log, kv, join, penalties, asked, result: () => result, run };
}

/** As `queries/light.ts`. */
function stepsFrom({ steps, blocks, chain }: Past, from: number): LightStep[] {
  const changes = steps.filter(({ header }) => header.height > from);
  const tip = blocks.at(-1) as Block;
  const last = changes.at(-1)?.header.height ?? from;
  if (last >= tip.header.height) return changes;
  return [
    ...changes,
    { header: tip.header, certificate: chain.certificate() as Certificate, nextValidators: null },
  ];
}

export type { KvWrite };
