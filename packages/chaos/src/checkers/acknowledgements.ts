// Owns: checker 4: what a node told its client was committed stands on the chain for ever. A write that was refused or
// timed out promises nothing.
import { type History, violate } from '../history/history.ts';
import type { Checker } from './checker.ts';

/** Notes what clients hand in as well: checker 2 asks for it. */
export function createAcknowledgementChecker(history: History): Checker {
  return {
    submitted: ({ id }, node) => {
      if (!history.submitted.has(id)) history.submitted.set(id, { id, node, acknowledged: false });
    },
    committed: (node, { txIds }) => {
      if (history.hostile.has(node)) return;
      for (const id of txIds) {
        const submitted = history.submitted.get(id);
        if (submitted?.node === node) submitted.acknowledged = true;
      }
    },
    ended: () => {
      const onChain = new Set([...history.chain.values()].flatMap(({ txIds }) => txIds));
      for (const { id, acknowledged } of history.submitted.values())
        if (acknowledged && !onChain.has(id)) violate(history, 'no-lost-ack', id);
    },
  };
}
