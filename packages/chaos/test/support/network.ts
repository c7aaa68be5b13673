// Owns: a simulated network that a test drives by hand: clients, waiting for a condition, and the verdict of all checkers.
import { actionOf, type Hex32, NO_ROUND, type Tx, type TxResult, type Vote } from '@consilium/core';
import { decodeMessage, type WireMessage } from '@consilium/node/replica';
import {
  type Cluster,
  type ClusterOptions,
  createCluster,
  createFounders,
  type Founders,
  type SimNode,
  type SubmitAnswer,
  signTransaction,
  startFounders,
  submit,
} from '@consilium/sim';
import { expect } from 'vitest';
import type { History } from '../../src/history/history.ts';
import { watchCluster } from '../../src/sim-world/watch.ts';
import { createSimWorld, type SimWorld } from '../../src/sim-world/world.ts';

export interface Network {
  readonly cluster: Cluster;
  readonly history: History;
  readonly nodes: readonly SimNode[];
  node(index: number): SimNode;
  /** A transaction of this hospital that changes nothing. */
  noop(hospital: number, validityMs?: number): Tx;
  /** Hands in a `noop` of the hospital at its own node. */
  submitNoop(hospital: number, answer?: SubmitAnswer): Tx;
  /** What came of a committed transaction, as the first node told. */
  resultOf(tx: Hex32): TxResult | undefined;
  /** Lets simulated time pass. */
  pass(ms: number): void;
  /** Runs until the condition holds; the test fails when it does not within the time. */
  until(isDone: () => boolean, withinMs: number): void;
  /** Runs until each of these nodes (all of them) has committed the height. */
  untilHeight(height: number, withinMs: number, nodes?: readonly SimNode[]): void;
  /** The network as a world of scenarios: for its faults. */
  world(): SimWorld;
  /** Every checker, over everything that has happened. */
  expectNoViolation(): void;
  /** The last word of every checker. */
  end(): void;
}

/** By then every founder has written genesis and found the others. */
const STARTED_US = 50_000;

let fourFounders: Founders | undefined;

export function four(): Founders {
  fourFounders ??= createFounders(4);
  return fourFounders;
}

/** `prepare`: with the network before its first node starts. */
export function network(
  options: Partial<ClusterOptions> = {},
  prepare: (net: Network) => void = () => undefined,
): Network {
  const cluster = createCluster({
    founders: four(),
    seed: 1,
    signatures: 'fast',
    keepTrace: false,
    ...options,
  });
  const { scheduler, nodes, hospitals } = cluster;
  const watch = watchCluster(cluster);
  const { history } = watch;
  const results = new Map<Hex32, TxResult>();
  cluster.taps.committed.push((_node, { execution }) => {
    for (const result of execution.results) results.set(result.txId, result);
  });
  const nonces = cluster.prng.fork('test nonces');

  const node = (index: number): SimNode => nodes[index] as SimNode;
  const noop: Network['noop'] = (hospital, validityMs) =>
    signTransaction(
      cluster,
      hospitals[hospital] as (typeof hospitals)[number],
      [actionOf('chain.noop', {})],
      nonces.bytes(16),
      validityMs,
    );
  const until = (isDone: () => boolean, withinMs: number): void => {
    const done = scheduler.run(isDone, scheduler.nowUs() + withinMs * 1000);
    const heights = nodes.map(({ height }) => height).join(', ');
    expect(done, `in time; the heights are ${heights}, ${JSON.stringify(history.violations)}`).toBe(true);
  };
  const net: Network = {
    cluster,
    history,
    nodes,
    node,
    noop,
    submitNoop: (hospital, answer) => {
      const tx = noop(hospital);
      submit(cluster, node(hospital), tx, answer);
      return tx;
    },
    resultOf: (tx) => results.get(tx),
    pass: (ms) => {
      scheduler.run(() => false, scheduler.nowUs() + ms * 1000);
    },
    until,
    untilHeight: (height, withinMs, of = nodes) =>
      until(() => of.every((each) => each.height >= height), withinMs),
    world: () => createSimWorld(cluster, history),
    end: () => watch.end(),
    expectNoViolation: () => {
      watch.end();
      expect(history.violations).toEqual([]);
    },
  };
  prepare(net);
  startFounders(cluster);
  scheduler.run(() => false, STARTED_US);
  return net;
}

/** Sends a `noop` every so often from each of these hospitals' nodes that is up, for ever. */
export function keepSubmitting(net: Network, hospitals: readonly number[], everyMs: number): void {
  const { scheduler } = net.cluster;
  const arm = (): void => {
    scheduler.after(everyMs * 1000, () => {
      for (const hospital of hospitals) if (net.node(hospital).isUp) net.submitNoop(hospital);
      arm();
    });
  };
  arm();
}

/** The votes that a message carries, itself or in certificates of its own kind. */
export function votesIn(bytes: Uint8Array): readonly Vote[] {
  const message: WireMessage = decodeMessage(bytes);
  return message.type === 'votes' ? message.votes : [];
}

export interface Cast {
  readonly node: Hex32;
  readonly type: 'prevote' | 'precommit' | 'proposal';
  readonly height: number;
  readonly round: number;
  readonly blockId: Hex32 | null;
  readonly validRound: number;
}

/** Everything that nodes sign from now on, in order. */
export function recordSigned({ cluster }: Network): readonly Cast[] {
  const cast: Cast[] = [];
  cluster.taps.signed.push((node, content) => cast.push({ node, ...content }));
  return cast;
}

export { NO_ROUND };
