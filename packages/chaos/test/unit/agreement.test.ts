import { type Hex32, hashHex, utf8 } from '@consilium/core';
import { SYNC_RUN_BLOCKS_MAX } from '@consilium/node/replica';
import { describe, expect, test } from 'vitest';
import { createAgreementChecker } from '../../src/checkers/agreement.ts';
import { createHistory, type History } from '../../src/history/history.ts';

const NODE = hashHex(utf8('a hospital'));

/** What the checker says of a node that comes up at one height after the other, having told of nothing in between. */
function comingUpAt(heights: readonly number[], arrange: (history: History) => void = () => {}): string[] {
  const history = createHistory();
  arrange(history);
  const checker = createAgreementChecker(history);
  for (const height of heights) checker.opened?.(NODE, { height, blockId: blockAt(height) });
  return history.violations.map(({ checker: convicting, what }) => `${convicting}: ${what}`);
}

function blockAt(height: number): Hex32 {
  return hashHex(utf8(`block ${height}`));
}

describe('Where a node comes up', () => {
  test('is never below what it told, unless its disk was taken away', () => {
    expect(comingUpAt([7, 6])).toEqual(['stores: told of height 7 and came up at 6']);
    expect(comingUpAt([7, 6], ({ excused }) => excused.add(NODE))).toEqual([]);
  });

  test('is at most one batch of blocks of sync above: its process may have died when they were durable and not told', () => {
    const furthest = 3 + SYNC_RUN_BLOCKS_MAX;
    expect(comingUpAt([3, furthest])).toEqual([]);
    expect(comingUpAt([3, furthest + 1])).toEqual([
      `stores: told of height 3 and came up at ${furthest + 1}`,
    ]);
  });
});
