// Owns: checker 8: no honest key ever signs two things for one (height, round, type), restarts included. It hears of every
// signature as it is made.
import { type History, violate } from '../history/history.ts';
import type { Checker } from './checker.ts';

export function createDoubleSigningChecker(history: History): Checker {
  const signed = new Map<string, string>();
  return {
    signed: (node, { type, height, round, blockId, validRound }) => {
      if (history.hostile.has(node)) return;
      const place = `${node} ${type} ${height}/${round}`;
      const said = `${blockId}/${validRound}`;
      const before = signed.get(place);
      if (before !== undefined && before !== said)
        violate(history, 'double-signing', place, { height, nodes: [node] });
      signed.set(place, said);
    },
  };
}
