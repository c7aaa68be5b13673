// Owns: checker 2: each committed transaction was submitted by a client, is signed by an account that the ledger knows (its
// executions say so: an unknown sender's is refused), and appears once.
import type { Hex32 } from '@consilium/core';
import { type History, violate } from '../history/history.ts';
import type { Checker } from './checker.ts';

/** `isOwn`: whether the nodes made the transaction themselves, as custody does. */
export function createValidityChecker(history: History, isOwn: (id: Hex32) => boolean): Checker {
  const heights = new Map<Hex32, number>();
  let checkedTo = 0;
  return {
    committed: (node, { block, txIds }) => {
      const { height } = block.header;
      if (history.hostile.has(node) || height <= checkedTo) return;
      checkedTo = height;
      for (const id of txIds) {
        const before = heights.get(id);
        if (before !== undefined)
          violate(history, 'validity', `${id} at ${before} and ${height}`, { height, nodes: [node] });
        if (!history.submitted.has(id) && !isOwn(id))
          violate(history, 'validity', `${id} was never submitted`, { height, nodes: [node] });
        heights.set(id, height);
      }
    },
  };
}
