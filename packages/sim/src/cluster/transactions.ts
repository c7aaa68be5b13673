// Owns: transactions of simulated clients: signed by the run's registry, noted as submitted, acknowledged when the node
// that took them tells of their commit.
import {
  type Action,
  concat,
  decodeTx,
  encode,
  fromHex,
  signedBytes,
  type Tx,
  toHex,
  txPayloadShape,
} from '@consilium/core';
import { WORLD_START_MS } from '../world/sim-clock.ts';
import type { Cluster } from './cluster.ts';
import type { Hospital } from './identities.ts';
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
  sender: Hospital,
  actions: readonly Action[],
  nonce: Uint8Array,
  validityMs: number = VALIDITY_MS,
): Tx {
  const genesis = cluster.founders.genesisHash;
  const validUntil = worldMs(cluster) + validityMs;
  const content = { genesis, sender: sender.id, validUntil, nonce: toHex(nonce), actions };
  const payload = encode(txPayloadShape, content);
  const signature = cluster.keys.sign(sender.account, signedBytes('transaction', genesis, payload));
  return decodeTx(concat(payload, fromHex(signature)));
}

/** Hands the transaction in at a node that is up. */
export function submit(
  { history }: Cluster,
  node: SimNode,
  tx: Tx,
  answer: SubmitAnswer = () => undefined,
): void {
  const known = history.submitted.get(tx.id);
  history.submitted.set(tx.id, known ?? { id: tx.id, node: node.id, acknowledged: false });
  node.pool?.submit(tx.bytes, answer);
}

/** From here on a commit told by the node that took a transaction counts as acknowledged. */
export function acknowledgeCommits(cluster: Cluster): void {
  const { history } = cluster;
  cluster.onCommit((node, { execution }) => {
    if (history.hostile.has(node)) return;
    for (const tx of execution.txs) {
      const submitted = history.submitted.get(tx.id);
      if (submitted?.node === node) submitted.acknowledged = true;
    }
  });
}
