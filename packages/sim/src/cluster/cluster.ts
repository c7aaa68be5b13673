// Owns: a simulated network of hospitals: its world, its nodes, and the taps through which others see all that happens.
// Does not own: any judgement of it.
import type { Hex32, Tx } from '@consilium/core';
import { sodiumGroup } from '@consilium/node/engines';
import {
  type Committed,
  type ReportedEvent,
  readTip,
  type Tip,
  type Trust,
  type WireMessage,
} from '@consilium/node/replica';
import { createKeyRegistry, type KeyRegistry, type SignatureKind } from '../world/key-registry.ts';
import { createPrng, type Prng } from '../world/prng.ts';
import { createScheduler, type Scheduler } from '../world/scheduler.ts';
import { createSharedDecoding } from '../world/shared-decoding.ts';
import { createSimNet, type SimNet } from '../world/sim-net.ts';
import { createSealRegistry, type SealingWorld } from '../world/sim-sealer.ts';
import { createTrace, type Trace } from '../world/trace.ts';
import type { Founders, Hospital } from './identities.ts';
import { mostAdvanced } from './membership.ts';
import { decodeSigned, type SignedContent } from './signed-content.ts';
import type { CustodyWorld, Released } from './sim-custody.ts';
import { type HostileParts, type PoolLimits, SimNode } from './sim-node.ts';
import type { SnapshotWorld } from './sim-snapshots.ts';

export interface ClusterOptions {
  readonly founders: Founders;
  readonly seed: number;
  readonly signatures: SignatureKind;
  /** Keeps every line of the trace in words. */
  readonly keepTrace: boolean;
  /** Hospitals that the ledger does not know yet: their nodes are there, and wait for `start`. */
  readonly guests?: readonly Hospital[];
  /** Names of the hospitals that an adversary holds: what they do is not held against the protocol. */
  readonly hostile?: readonly string[];
  readonly hostileParts?: ReadonlyMap<string, HostileParts>;
  readonly poolLimits?: PoolLimits;
  /** Whether nodes keep sealed records beside agreement. */
  readonly custody?: boolean;
  /** Whether they make snapshots, and begin from one when their store is empty. */
  readonly snapshots?: SnapshotWorld;
}

export interface Cluster {
  readonly scheduler: Scheduler;
  readonly prng: Prng;
  readonly trace: Trace;
  readonly net: SimNet;
  readonly keys: KeyRegistry;
  readonly founders: Founders;
  /** Founders first, then guests; `nodes` in the same order. */
  readonly hospitals: readonly Hospital[];
  readonly nodes: readonly SimNode[];
  /** Nodes under an adversary's hand: what they say of themselves proves nothing. */
  readonly hostile: ReadonlySet<Hex32>;
  /** undefined: nobody keeps records. */
  readonly custody: CustodyWorld | undefined;
  readonly taps: Taps;
  /** As `decodeMessage`, once for each array of bytes. */
  readonly decodeMessage: (bytes: Uint8Array) => WireMessage;
  /**
   * Another machine with the keys of the node's hospital, an empty disk, and everything honest in it. It waits for
   * `start`, and stands in no other list of the cluster.
   */
  addTwin(node: SimNode): SimNode;
}

/** What happens in a cluster, told as it happens, in the order of listening. */
export interface Taps {
  readonly committed: Listeners<[node: Hex32, committed: Committed]>;
  readonly reported: Listeners<[node: Hex32, event: ReportedEvent]>;
  /** Each signature of agreement that a node makes, before it leaves. */
  readonly signed: Listeners<[node: Hex32, content: SignedContent]>;
  /** A node came up on what its store holds. */
  readonly opened: Listeners<[node: Hex32, tip: Tip]>;
  /** A client hands a transaction in at a node, or the node makes one itself. */
  readonly submitted: Listeners<[tx: Tx, node: Hex32]>;
  /** A custodian hands a release out, before it leaves. */
  readonly released: Listeners<[released: Released]>;
  /** Somebody has the secret of a record. */
  readonly read: Listeners<[reading: Reading]>;
}

export interface Reading {
  readonly patient: Hex32;
  readonly record: Hex32;
  readonly reader: Hex32;
  /** Index of the access in the patient's list. */
  readonly access: number;
  /** Whether it is what the author sealed. */
  readonly isRight: boolean;
}

export type Listeners<News extends unknown[]> = ((...news: News) => void)[];

/** Nobody is up yet: see `startFounders`. */
export function createCluster(options: ClusterOptions): Cluster {
  const { founders, seed, signatures, keepTrace, guests = [], hostile = [] } = options;
  const hospitals = [...founders.hospitals, ...guests];
  const scheduler = createScheduler();
  const prng = createPrng(seed);
  const trace = createTrace(scheduler, keepTrace);
  const net = createSimNet(scheduler, prng.fork('net'), trace);
  const keys = createKeyRegistry(signatures);
  const world = { scheduler, prng, trace, net, keys, founders };
  const taps: Taps = {
    committed: [],
    reported: [],
    signed: [],
    opened: [],
    submitted: [],
    released: [],
    read: [],
  };
  const news = createNews(trace, taps);
  const { poolLimits, hostileParts, snapshots } = options;
  const decodeMessage = createSharedDecoding();
  const custody = options.custody === true ? createCustodyWorld(prng, hospitals) : undefined;
  const create = (hospital: Hospital, instance: number): SimNode =>
    new SimNode({
      ...{ ...world, hospital, instance, decodeMessage, poolLimits, custody, snapshots, trust },
      hostileParts: hostileParts?.get(hospital.name),
      ...news,
    });
  const trust = (): Trust | undefined => {
    const tip = readTip(mostAdvanced({ nodes, hostile: hostileIds }).kv.reader);
    return tip === undefined || tip.height === 0 ? undefined : { height: tip.height, blockId: tip.blockId };
  };
  const nodes = hospitals.map((hospital) => create(hospital, 0));
  const hostileIds = new Set(hospitals.filter(({ name }) => hostile.includes(name)).map(({ id }) => id));
  const addTwin = createTwins(hospitals, create);
  return { ...world, hospitals, nodes, hostile: hostileIds, custody, taps, decodeMessage, addTwin };
}

function createTwins(
  hospitals: readonly Hospital[],
  create: (hospital: Hospital, instance: number) => SimNode,
): Cluster['addTwin'] {
  const instances = new Map<Hex32, number>();
  return (node) => {
    const hospital = hospitals.find(({ id }) => id === node.id);
    if (hospital === undefined) throw new Error('invariant: a twin of a node of another cluster');
    const instance = (instances.get(node.id) ?? 0) + 1;
    instances.set(node.id, instance);
    return create(hospital, instance);
  };
}

function createCustodyWorld(prng: Prng, hospitals: readonly Hospital[]): CustodyWorld {
  const sealing: SealingWorld = { registry: createSealRegistry(), prng: prng.fork('sealing') };
  for (const { custody } of hospitals) sealing.registry.know(custody);
  return { sealing, group: sodiumGroup };
}

export function startFounders({ nodes, founders }: Cluster): void {
  for (const node of nodes.slice(0, founders.hospitals.length)) node.start();
}

function createNews(trace: Trace, taps: Taps) {
  return {
    onSigned: (node: Hex32, bytes: Uint8Array): void => {
      const content = decodeSigned(bytes);
      for (const listener of taps.signed) listener(node, content);
    },
    onCommit: (node: Hex32, committed: Committed): void => {
      const { block, blockId, certificate, by } = committed;
      const { height } = block.header;
      trace.say(`commit ${node.slice(0, 8)} ${height} ${blockId.slice(0, 12)} r${certificate.round} ${by}`);
      for (const listener of taps.committed) listener(node, committed);
    },
    onOpened: (node: Hex32, tip: Tip): void => {
      trace.say(`opened ${node.slice(0, 8)} ${tip.height}`);
      for (const listener of taps.opened) listener(node, tip);
    },
    onOwnTx: (node: Hex32, tx: Tx): void => {
      for (const listener of taps.submitted) listener(tx, node);
    },
    onReleased: (released: Released): void => {
      for (const listener of taps.released) listener(released);
    },
    onReport: (node: Hex32, event: ReportedEvent): void => {
      if (event.level !== 'debug') trace.say(`report ${node.slice(0, 8)} ${JSON.stringify(event)}`);
      for (const listener of taps.reported) listener(node, event);
    },
  };
}
