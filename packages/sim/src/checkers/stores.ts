// Owns: checker 4 and the end of checker 1: what a healed node's store holds is the one chain, whole, and nothing that
// was acknowledged is missing from it.
import { headerId } from '@consilium/core';
import { readBlock, readTip } from '@consilium/node/replica';
import { type History, violate } from '../cluster/history.ts';
import type { SimNode } from '../cluster/sim-node.ts';

export function checkStores(history: History, nodes: readonly SimNode[]): void {
  for (const node of nodes) if (!history.hostile.has(node.id)) checkStore(history, node);
  const onChain = new Set(
    [...history.chain.values()].flatMap(({ execution }) => execution.txs.map((tx) => tx.id)),
  );
  for (const { id, acknowledged } of history.submitted.values()) {
    if (acknowledged && !onChain.has(id)) violate(history, 'no-lost-ack', id);
  }
}

function checkStore(history: History, node: SimNode): void {
  const tip = readTip(node.kv.reader);
  for (let height = 1; height <= (tip?.height ?? 0); height += 1) {
    const block = readBlock(node.kv.reader, height);
    const expected = history.chain.get(height)?.blockId;
    // A commit whose batch was durable before its node died was told to nobody: it is checked against the others' chain.
    if (block === undefined) violate(history, 'stores', `${node.id.slice(0, 8)} lacks block ${height}`);
    else if (expected !== undefined && headerId(block.header) !== expected) {
      violate(history, 'agreement', `${node.id.slice(0, 8)} stores another block at ${height}`);
    }
  }
}
