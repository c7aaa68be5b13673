// Owns: the other half of checker 7: evidence that an honest node holds goes into its next block. Who found some, stayed up,
// and then made a block of a later height without it, while no block named the accused, has dropped it.
import { accusedOf, findValidator, type Hex32 } from '@consilium/core';
import { type CommitSeen, type History, violate } from '../history/history.ts';
import type { Checker } from './checker.ts';

export function createEvidenceOwedChecker(history: History): Checker {
  const tips = new Map<Hex32, number>();
  /** Node -> whom it accuses -> its tip when it found the evidence. */
  const held = new Map<Hex32, Map<Hex32, number>>();
  const named = new Set<Hex32>();
  let checkedTo = 0;

  const checkAuthor = ({ block, nextValidators }: CommitSeen): void => {
    const { author, height } = block.header;
    for (const [accused, tip] of held.get(author) ?? []) {
      // A block of the height that ran when it was found may have been built before.
      const isLater = height > tip + 1;
      // Who has left the set is beyond the reach of some rules of evidence.
      const isMember = findValidator(nextValidators, accused) !== undefined;
      if (!isLater || !isMember || named.has(accused)) continue;
      const what = `${author.slice(0, 8)} holds evidence against ${accused.slice(0, 8)} and made a block without`;
      violate(history, 'evidence', what, { height, nodes: [author] });
    }
  };

  return {
    reported: (node, event) => {
      if (event.code !== 'evidence.found' || history.hostile.has(node)) return;
      const mine = held.get(node) ?? new Map<Hex32, number>();
      held.set(node, mine.set(String(event['accused']), tips.get(node) ?? 0));
    },
    /** What waits for a block waits in memory: a restart forgets it, and its peers have it. */
    opened: (node, { height }) => {
      tips.set(node, height);
      held.delete(node);
    },
    committed: (node, seen) => {
      const { height } = seen.block.header;
      tips.set(node, height);
      if (history.hostile.has(node) || height <= checkedTo) return;
      checkedTo = height;
      for (const evidence of seen.block.evidence) named.add(accusedOf(evidence));
      if (!history.hostile.has(seen.block.header.author)) checkAuthor(seen);
    },
  };
}
