// Owns: a simulated network of hospitals: its world, its nodes, and the taps through which checkers see all that happens.
import type { Hex32 } from '@consilium/core';
import type { Committed, ReportedEvent, Tip } from '@consilium/node/replica';
import { type CommitChecker, createCommitChecker } from '../checkers/commits.ts';
import { createSignatureChecker, type SignatureChecker } from '../checkers/signatures.ts';
import { createKeyRegistry, type KeyRegistry, type SignatureKind } from '../world/key-registry.ts';
import { createPrng, type Prng } from '../world/prng.ts';
import { createScheduler, type Scheduler } from '../world/scheduler.ts';
import { createSimNet, type SimNet } from '../world/sim-net.ts';
import { createTrace, type Trace } from '../world/trace.ts';
import { createHistory, type History, reached, violate } from './history.ts';
import type { Founders } from './identities.ts';
import { SimNode } from './sim-node.ts';

export interface ClusterOptions {
  readonly founders: Founders;
  readonly seed: number;
  readonly signatures: SignatureKind;
  /** Keeps every line of the trace in words. */
  readonly keepTrace: boolean;
  /** How many of the hospitals start at once; the rest wait for `start`. */
  readonly started?: number;
}

export interface Cluster {
  readonly scheduler: Scheduler;
  readonly prng: Prng;
  readonly trace: Trace;
  readonly net: SimNet;
  readonly keys: KeyRegistry;
  readonly founders: Founders;
  readonly nodes: readonly SimNode[];
  readonly history: History;
  /** Listeners are told of each commit of each node. */
  onCommit(listener: (node: Hex32, committed: Committed) => void): void;
  onReport(listener: (node: Hex32, event: ReportedEvent) => void): void;
}

export function createCluster(options: ClusterOptions): Cluster {
  const { founders, seed, signatures, keepTrace } = options;
  const scheduler = createScheduler();
  const prng = createPrng(seed);
  const trace = createTrace(scheduler, keepTrace);
  const net = createSimNet(scheduler, prng.fork('net'), trace);
  const keys = createKeyRegistry(signatures);
  const history = createHistory();
  const commits = createCommitChecker(history, founders, keys.verify);
  const signed = createSignatureChecker(history);
  const commitListeners: ((node: Hex32, committed: Committed) => void)[] = [];
  const reportListeners: ((node: Hex32, event: ReportedEvent) => void)[] = [];
  const taps = createTaps({ trace, history, commits, signed, commitListeners, reportListeners });
  const nodes = founders.hospitals.map(
    (hospital) => new SimNode({ scheduler, prng, net, keys, founders, hospital, ...taps }),
  );
  for (const node of nodes.slice(0, options.started ?? nodes.length)) node.start();
  return {
    scheduler,
    prng,
    trace,
    net,
    keys,
    founders,
    nodes,
    history,
    onCommit: (listener) => commitListeners.push(listener),
    onReport: (listener) => reportListeners.push(listener),
  };
}

interface TapDeps {
  readonly trace: Trace;
  readonly history: History;
  readonly commits: CommitChecker;
  readonly signed: SignatureChecker;
  readonly commitListeners: readonly ((node: Hex32, committed: Committed) => void)[];
  readonly reportListeners: readonly ((node: Hex32, event: ReportedEvent) => void)[];
}

function createTaps({ trace, history, commits, signed, commitListeners, reportListeners }: TapDeps) {
  return {
    onSigned: (node: Hex32, bytes: Uint8Array): void => signed(node, bytes),
    onCommit: (node: Hex32, committed: Committed): void => {
      const { block, blockId, certificate, by } = committed;
      const { height } = block.header;
      trace.say(`commit ${node.slice(0, 8)} ${height} ${blockId.slice(0, 12)} r${certificate.round} ${by}`);
      if (certificate.round > 0) reached(history, 'decided-after-round-0');
      if (by === 'sync') reached(history, 'block-sync');
      commits.committed(node, committed);
      for (const listener of commitListeners) listener(node, committed);
    },
    onOpened: (node: Hex32, tip: Tip): void => {
      trace.say(`opened ${node.slice(0, 8)} ${tip.height}`);
      commits.opened(node, tip);
    },
    onReport: (node: Hex32, event: ReportedEvent): void => {
      if (event.level !== 'debug') trace.say(`report ${node.slice(0, 8)} ${JSON.stringify(event)}`);
      noteReport(history, node, event);
      for (const listener of reportListeners) listener(node, event);
    },
  };
}

/** What no honest node in a network of honest nodes ever says. */
const NEVER_HONEST = [
  'replica.diverged',
  'replica.failed',
  'block.invalid',
  'agreement.replay-differs',
  'signing.foreign',
];

function noteReport(history: History, node: Hex32, event: ReportedEvent): void {
  if (NEVER_HONEST.includes(event.code))
    violate(history, 'reports', `${node.slice(0, 8)} ${JSON.stringify(event)}`);
  if (event.code === 'peer.rejected')
    violate(history, 'rejections', `${node.slice(0, 8)} ${JSON.stringify(event)}`);
  if (event.code === 'evidence.found')
    violate(history, 'accountability', `${node.slice(0, 8)} ${JSON.stringify(event)}`);
  if (event.code === 'wal.torn') reached(history, 'torn-tail');
}
