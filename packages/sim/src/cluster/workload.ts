// Owns: clients of a simulated network: transactions at drawn times, through any node that is up.
import { actionOf } from '@consilium/core';
import type { Cluster } from './cluster.ts';
import { signTransaction, submit } from './transactions.ts';

export interface WorkloadOptions {
  /** Mean time between transactions. Microseconds. */
  readonly meanUs: number;
  /** Probability that a client pauses after a transaction, so that the chain falls idle. */
  readonly pause: number;
}

export interface Workload {
  stop(): void;
}

/** Founders send transactions that change nothing; they stay harmless when their sender was removed. */
export function startWorkload(cluster: Cluster, options: WorkloadOptions): Workload {
  const { scheduler, founders } = cluster;
  const prng = cluster.prng.fork('workload');
  let running = true;

  const arm = (): void => {
    const pauseUs = prng.chance(options.pause) ? prng.between(1_000_000, 6_000_000) : 0;
    scheduler.after(prng.between(1, 2 * options.meanUs) + pauseUs, () => {
      if (!running) return;
      submitOne();
      arm();
    });
  };

  const submitOne = (): void => {
    const up = cluster.nodes.filter((node) => node.pool !== undefined);
    if (up.length === 0) return;
    const node = prng.pick(up);
    const sender = prng.pick(founders.hospitals);
    submit(cluster, node, signTransaction(cluster, sender, [actionOf('chain.noop', {})], prng.bytes(16)));
  };

  arm();
  return {
    stop: () => {
      running = false;
    },
  };
}
