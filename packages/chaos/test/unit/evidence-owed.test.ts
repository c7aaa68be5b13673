import type { Block, Evidence, ValidatorSet, Vote } from '@consilium/core';
import { describe, expect, test } from 'vitest';
import { createEvidenceOwedChecker } from '../../src/checkers/evidence-owed.ts';
import { createHistory } from '../../src/history/history.ts';

const [HONEST, OTHER, LIAR] = ['a', 'b', 'c'].map((letter) => letter.repeat(64)) as [string, string, string];
const SET: ValidatorSet = [HONEST, OTHER, LIAR].map((id) => ({ id, key: id, power: 1 }));
const VOTE = { type: 'prevote', height: 1, round: 0, validator: LIAR } as Vote;
const PROOF: Evidence = { type: 'double-vote', first: VOTE, second: VOTE };

function chain() {
  const history = createHistory([LIAR]);
  const checker = createEvidenceOwedChecker(history);
  return {
    history,
    found: () =>
      checker.reported?.(HONEST, {
        level: 'warn',
        code: 'evidence.found',
        type: 'double-vote',
        accused: LIAR,
      }),
    restart: (height: number) => checker.opened?.(HONEST, { height, blockId: HONEST }),
    commit: (height: number, author: string, evidence: readonly Evidence[] = [], nextValidators = SET) => {
      const block = { header: { height, author }, evidence } as unknown as Block;
      const [certificate, blockId, stateRoot] = [undefined as never, HONEST, HONEST];
      const seen = {
        block,
        blockId,
        certificate,
        by: 'decision',
        txIds: [],
        stateRoot,
        nextValidators,
      } as const;
      for (const node of [HONEST, OTHER]) checker.committed?.(node, seen);
    },
  };
}

describe('An honest node that holds evidence', () => {
  test('and makes a later block without it is convicted.', () => {
    const { history, found, commit } = chain();
    commit(1, OTHER);
    found();
    commit(2, HONEST);
    commit(3, OTHER);
    expect(history.violations).toEqual([]);
    commit(4, HONEST);
    expect(history.violations).toMatchObject([{ checker: 'evidence', height: 4, nodes: [HONEST] }]);
  });

  test('owes nothing once a block names the accused.', () => {
    const { history, found, commit } = chain();
    commit(1, OTHER);
    found();
    commit(2, OTHER, [PROOF]);
    commit(3, HONEST);
    expect(history.violations).toEqual([]);
  });

  test('owes nothing after a restart, nor once the accused has left the set.', () => {
    const { history, found, restart, commit } = chain();
    commit(1, OTHER);
    found();
    restart(1);
    commit(2, OTHER);
    commit(3, HONEST);
    found();
    const without = SET.filter(({ id }) => id !== LIAR);
    commit(4, OTHER, [], without);
    commit(5, HONEST, [], without);
    expect(history.violations).toEqual([]);
  });
});
