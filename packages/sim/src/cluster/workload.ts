// Owns: clients of a simulated network: they sign transactions for hospitals, hand them to a node that is up, now and then
// pause, and note what was acknowledged.
import {
  actionOf,
  concat,
  decodeTx,
  encode,
  fromHex,
  type Hex32,
  type SecretKey,
  signedBytes,
  type Tx,
  toHex,
  txPayloadShape,
} from '@consilium/core';
import { WORLD_START_MS } from '../world/sim-clock.ts';
import type { Cluster } from './cluster.ts';
import type { Submitted } from './history.ts';

export interface WorkloadOptions {
  /** Mean time between transactions. Microseconds. */
  readonly meanUs: number;
  /** Probability that a client pauses after a transaction, so that the chain falls idle. */
  readonly pause: number;
}

export interface Workload {
  stop(): void;
}

export function startWorkload(cluster: Cluster, options: WorkloadOptions): Workload {
  const { scheduler, history } = cluster;
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
    const hospital = prng.pick(cluster.founders.hospitals.slice(0, 4));
    const nowMs = WORLD_START_MS + Math.floor(scheduler.nowUs() / 1000);
    const tx = signNoop(cluster, hospital.account, hospital.id, nowMs, toHex(prng.bytes(16)));
    const submitted: Submitted = { id: tx.id, node: node.id, acknowledged: false };
    history.submitted.set(tx.id, submitted);
    node.pool?.submit(tx.bytes, () => undefined);
  };

  cluster.onCommit((node, { execution }) => {
    for (const tx of execution.txs) {
      const submitted = history.submitted.get(tx.id);
      if (submitted?.node === node) submitted.acknowledged = true;
    }
  });
  arm();
  return {
    stop: () => {
      running = false;
    },
  };
}

/** A transaction that changes nothing, signed by the run's registry. */
export function signNoop(
  cluster: Cluster,
  secret: SecretKey,
  sender: Hex32,
  nowMs: number,
  nonce: string,
): Tx {
  const genesis = cluster.founders.genesisHash;
  const actions = [actionOf('chain.noop', {})];
  const payload = encode(txPayloadShape, { genesis, sender, validUntil: nowMs + 120_000, nonce, actions });
  const signature = cluster.keys.sign(secret, signedBytes('transaction', genesis, payload));
  return decodeTx(concat(payload, fromHex(signature)));
}
