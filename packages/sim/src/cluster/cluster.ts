// Owns: a simulated network of hospitals: its world, its nodes, and the taps through which checkers see all that happens.
import type { Hex32 } from '@consilium/core';
import type { Committed, ReportedEvent, Tip } from '@consilium/node/replica';
import { type CommitChecker, createCommitChecker } from '../checkers/commits.ts';
import { type Coverage, createCoverage } from '../checkers/coverage.ts';
import { checkReport } from '../checkers/reports.ts';
import { createSignatureChecker } from '../checkers/signatures.ts';
import type { SignedContent } from '../checkers/signed-content.ts';
import { createKeyRegistry, type KeyRegistry, type SignatureKind } from '../world/key-registry.ts';
import { createPrng, type Prng } from '../world/prng.ts';
import { createScheduler, type Scheduler } from '../world/scheduler.ts';
import { createSimNet, type SimNet } from '../world/sim-net.ts';
import { createTrace, type Trace } from '../world/trace.ts';
import { createHistory, type History } from './history.ts';
import type { Founders, Hospital } from './identities.ts';
import { type HostileParts, type PoolLimits, SimNode } from './sim-node.ts';

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
  /** Whether nodes tell of each step of their durable writes. */
  readonly watchPersistence?: boolean;
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
  readonly history: History;
  /** Listeners are told of each commit of each node. */
  onCommit(listener: (node: Hex32, committed: Committed) => void): void;
  onReport(listener: (node: Hex32, event: ReportedEvent) => void): void;
  /** Listeners are told of each signature of agreement that a node makes, before it leaves. */
  onSigned(listener: (node: Hex32, content: SignedContent) => void): void;
}

export function createCluster(options: ClusterOptions): Cluster {
  const { founders, seed, signatures, keepTrace, guests = [], hostile = [] } = options;
  const hospitals = [...founders.hospitals, ...guests];
  const scheduler = createScheduler();
  const prng = createPrng(seed);
  const trace = createTrace(scheduler, keepTrace);
  const net = createSimNet(scheduler, prng.fork('net'), trace);
  const keys = createKeyRegistry(signatures);
  const hostileIds = hospitals.filter(({ name }) => hostile.includes(name)).map(({ id }) => id);
  const history = createHistory(new Set(hostileIds));
  const listeners: Listeners = { committed: [], reported: [], signed: [] };
  const coverage = createCoverage(history);
  const commits = createCommitChecker(history, founders, keys.verify);
  const taps = createTaps({ trace, history, commits, coverage, listeners });
  net.onDelivered((_from, _to, channel, message) => coverage.delivered(channel, message));
  const { poolLimits, hostileParts, watchPersistence } = options;
  const nodes = hospitals.map(
    (hospital) =>
      new SimNode({
        ...{ scheduler, prng, net, keys, founders, hospital, poolLimits, watchPersistence },
        hostileParts: hostileParts?.get(hospital.name),
        ...taps,
      }),
  );
  for (const node of nodes.slice(0, founders.hospitals.length)) node.start();
  return {
    ...{ scheduler, prng, trace, net, keys, founders, hospitals, nodes, history },
    onCommit: (listener) => listeners.committed.push(listener),
    onReport: (listener) => listeners.reported.push(listener),
    onSigned: (listener) => listeners.signed.push(listener),
  };
}

interface Listeners {
  readonly committed: ((node: Hex32, committed: Committed) => void)[];
  readonly reported: ((node: Hex32, event: ReportedEvent) => void)[];
  readonly signed: ((node: Hex32, content: SignedContent) => void)[];
}

interface TapDeps {
  readonly trace: Trace;
  readonly history: History;
  readonly commits: CommitChecker;
  readonly coverage: Coverage;
  readonly listeners: Listeners;
}

function createTaps({ trace, history, commits, coverage, listeners }: TapDeps) {
  const checkSignature = createSignatureChecker(history);
  return {
    onSigned: (node: Hex32, bytes: Uint8Array): void => {
      const content = checkSignature(node, bytes);
      coverage.signed(node, content);
      for (const listener of listeners.signed) listener(node, content);
    },
    onCommit: (node: Hex32, committed: Committed): void => {
      const { block, blockId, certificate, by } = committed;
      const { height } = block.header;
      trace.say(`commit ${node.slice(0, 8)} ${height} ${blockId.slice(0, 12)} r${certificate.round} ${by}`);
      coverage.committed(node, committed);
      commits.committed(node, committed);
      for (const listener of listeners.committed) listener(node, committed);
    },
    onOpened: (node: Hex32, tip: Tip): void => {
      trace.say(`opened ${node.slice(0, 8)} ${tip.height}`);
      coverage.opened(node, tip.height);
      commits.opened(node, tip);
    },
    onReport: (node: Hex32, event: ReportedEvent): void => {
      if (event.level !== 'debug') trace.say(`report ${node.slice(0, 8)} ${JSON.stringify(event)}`);
      coverage.reported(event);
      checkReport(history, node, event);
      for (const listener of listeners.reported) listener(node, event);
    },
  };
}
