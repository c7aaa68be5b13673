// Owns: who is in the set of a simulated network, as the most advanced node tells it.
import { type Hex32, nextValidators, type StateReader, type ValidatorSet } from '@consilium/core';
import { readTip, stateReader } from '@consilium/node/replica';
import type { Cluster } from './cluster.ts';
import type { SimNode } from './sim-node.ts';

/** The honest node whose store reaches furthest. */
export function mostAdvanced({ nodes, hostile }: Pick<Cluster, 'nodes' | 'hostile'>): SimNode {
  const honest = nodes.filter((node) => !hostile.has(node.id));
  const heightOf = (node: SimNode): number => readTip(node.kv.reader)?.height ?? 0;
  return honest.reduce((best, node) => (heightOf(node) > heightOf(best) ? node : best));
}

/** Its ledger state; undefined before the first node has written genesis. */
export function ledgerState(cluster: Cluster): StateReader | undefined {
  const { kv } = mostAdvanced(cluster);
  return readTip(kv.reader) === undefined ? undefined : stateReader(kv.reader);
}

/** The set of the next height. */
function currentSet(cluster: Cluster): ValidatorSet {
  const state = ledgerState(cluster);
  return state === undefined ? [] : nextValidators(state);
}

/** Nodes of the set of the next height. */
export function members(cluster: Cluster): SimNode[] {
  const ids = new Set<Hex32>(currentSet(cluster).map((validator) => validator.id));
  return cluster.nodes.filter((node) => ids.has(node.id));
}
