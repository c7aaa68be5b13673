import { type State, startHeight } from '@consilium/consensus';
import { createValidatorSet, DEFAULT_PARAMS, NO_ROUND, type Vote } from '@consilium/core';
import { expect, it } from 'vitest';
import { LATER_VOTES_PER_ROUND_MAX } from '../../../src/limits.ts';
import { LaterRounds } from '../../../src/replica/later-rounds.ts';

const [A, B] = ['a'.repeat(64), 'b'.repeat(64)] as const;
const validators = createValidatorSet([A, B].map((id) => ({ id, key: id, power: 1 })));
const atRound = (round: number): State => ({
  ...startHeight({ height: 7, validators, proposers: [A, B], self: A, params: DEFAULT_PARAMS }),
  round,
});
const voteOf = (validator: string, round: number): Vote => ({
  type: 'prevote',
  height: 7,
  round,
  blockId: null,
  validRound: NO_ROUND,
  validator,
  signature: '00'.repeat(64),
});

it('a validator that raises its round for ever is heard until its share is used, and anew when this node moves on', () => {
  const later = new LaterRounds();
  let taken = 0;
  for (let round = 1; round <= 2 * LATER_VOTES_PER_ROUND_MAX; round += 1) {
    if (!later.hasRoom(atRound(0), voteOf(B, round))) continue;
    later.count(atRound(0), voteOf(B, round));
    taken += 1;
  }
  expect(taken).toBe(LATER_VOTES_PER_ROUND_MAX);
  expect(later.hasRoom(atRound(0), voteOf(A, 9))).toBe(true);
  expect(later.hasRoom(atRound(0), voteOf(B, 0))).toBe(true);
  expect(later.hasRoom(atRound(1), voteOf(B, 9))).toBe(true);
});
