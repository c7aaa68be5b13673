// Owns: checker 1: one block id for each height over all honest nodes, and the state root that its header names; no gap on a
// node, none taken back by a crash, and the same blocks in every store at the end. It keeps the chain of the history, and
// must be told first.
import type { Hex32 } from '@consilium/core';
import { SYNC_RUN_BLOCKS_MAX } from '@consilium/node/replica';
import { type CommitSeen, type History, violate } from '../history/history.ts';
import type { Checker, StoreSeen } from './checker.ts';

export function createAgreementChecker(history: History): Checker {
  const nextByNode = new Map<Hex32, number>();
  /** Nodes that have filled an empty store from a snapshot, and have not come up on it yet. */
  const joined = new Set<Hex32>();

  const checkChain = (node: Hex32, seen: CommitSeen): void => {
    const { height } = seen.block.header;
    const first = history.chain.get(height);
    const where = { height, nodes: [node] };
    if (seen.block.header.stateRoot !== seen.stateRoot)
      violate(
        history,
        'agreement',
        `height ${height}: the block names another state than it leads to`,
        where,
      );
    if (first === undefined) history.chain.set(height, seen);
    else if (first.blockId !== seen.blockId)
      violate(history, 'agreement', `height ${height}: ${seen.blockId} beside ${first.blockId}`, where);
    else if (first.stateRoot !== seen.stateRoot)
      violate(history, 'agreement', `height ${height}: two state roots`, where);
  };

  return {
    committed: (node, seen) => {
      if (history.hostile.has(node)) return;
      const { height } = seen.block.header;
      const expected = nextByNode.get(node) ?? 1;
      if (height !== expected)
        violate(history, 'agreement', `gap: ${height} after ${expected - 1}`, { height, nodes: [node] });
      nextByNode.set(node, height + 1);
      checkChain(node, seen);
    },
    reported: (node, { code }) => {
      if (code === 'join.done') joined.add(node);
    },
    /** One more batch may have landed before the crash, told to nobody: blocks of sync share one (docs/protocol.md 4.6). */
    opened: (node, { height, blockId }) => {
      if (history.hostile.has(node)) return;
      const told = (nextByNode.get(node) ?? 1) - 1;
      const lost = height < told && !history.excused.has(node);
      const where = { height, nodes: [node] };
      const isAhead = height > told + SYNC_RUN_BLOCKS_MAX && !joined.has(node);
      joined.delete(node);
      if (lost || isAhead)
        violate(history, 'stores', `told of height ${told} and came up at ${height}`, where);
      nextByNode.set(node, height + 1);
      const first = history.chain.get(height);
      if (first !== undefined && first.blockId !== blockId)
        violate(history, 'agreement', `came up on another block at ${height}`, where);
    },
    ended: (stores) => {
      for (const store of stores) if (!history.hostile.has(store.node)) checkStore(history, store);
    },
  };
}

function checkStore(history: History, { node, tip, base, blockIdAt }: StoreSeen): void {
  for (let height = base; height <= (tip?.height ?? 0); height += 1) {
    const held = blockIdAt(height);
    const expected = history.chain.get(height)?.blockId;
    const where = { height, nodes: [node] };
    // A commit whose batch was durable before its node died was told to nobody: it is checked against the others' chain.
    if (held === undefined) violate(history, 'stores', `block ${height} is missing`, where);
    else if (expected !== undefined && held !== expected)
      violate(history, 'agreement', `another block is stored at ${height}`, where);
  }
}
