import { NO_ROUND } from '@consilium/core';
import type { SignedContent } from '@consilium/sim';
import { describe, expect, test } from 'vitest';
import { createCoverage } from '../../src/checkers/coverage.ts';
import { createHistory } from '../../src/history/history.ts';

const [NODE, A, B] = ['1', 'a', 'b'].map((letter) => letter.repeat(64)) as [string, string, string];

function precommit(round: number, blockId: string): SignedContent {
  return { type: 'precommit', height: 1, round, blockId, validRound: NO_ROUND };
}

describe('The state lock-moved', () => {
  test('is reached when an honest node precommits another value in a later round.', () => {
    const history = createHistory();
    const coverage = createCoverage(history);
    coverage.signed?.(NODE, precommit(0, A));
    coverage.signed?.(NODE, precommit(1, B));
    expect(history.sometimes.get('lock-moved')).toBe(1);
  });

  test('is not reached by two machines with one key that precommit each its own.', () => {
    const history = createHistory([NODE]);
    const coverage = createCoverage(history);
    coverage.signed?.(NODE, precommit(0, A));
    coverage.signed?.(NODE, precommit(0, B));
    expect([...history.sometimes.keys()]).toEqual([]);
  });
});
