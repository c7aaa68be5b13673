// Owns: transactions of simulated clients: signed by the run's registry, handed in at a node.
import type { Action, Tx } from '@consilium/core';
import { WORLD_START_MS } from '../world/sim-clock.ts';
import type { Cluster } from './cluster.ts';
import { type Sender, signActions } from './sign-transaction.ts';
import type { SimNode } from './sim-node.ts';

export type SubmitAnswer = Parameters<NonNullable<SimNode['pool']>['submit']>[1];

/** How long the SDK's transactions are good for. Milliseconds. */
const VALIDITY_MS = 120_000;

/** Milliseconds since the epoch by a clock that is right. */
export function worldMs({ scheduler }: Pick<Cluster, 'scheduler'>): number {
  return WORLD_START_MS + Math.floor(scheduler.nowUs() / 1000);
}

/** `nonce`: 16 bytes. */
export function signTransaction(
  cluster: Cluster,
  sender: Sender,
  actions: readonly Action[],
  nonce: Uint8Array,
  validityMs: number = VALIDITY_MS,
): Tx {
  return signActions(cluster, sender, actions, nonce, worldMs(cluster) + validityMs);
}

/** Hands the transaction in at a node that is up. */
export function submit(
  { taps }: Cluster,
  node: SimNode,
  tx: Tx,
  answer: SubmitAnswer = () => undefined,
): void {
  for (const listener of taps.submitted) listener(tx, node.id);
  node.pool?.submit(tx.bytes, answer);
}
