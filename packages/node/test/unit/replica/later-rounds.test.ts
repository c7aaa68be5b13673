import { type State, startHeight } from '@consilium/consensus';
import { createValidatorSet, DEFAULT_PARAMS, NO_ROUND, type Vote } from '@consilium/core';
import { expect, it } from 'vitest';
import {
  LATER_PROPOSAL_BYTES_PER_HEIGHT_MAX,
  LATER_VOTES_PER_HEIGHT_MAX,
  LATER_VOTES_PER_ROUND_MAX,
} from '../../../src/limits.ts';
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

it('however often this node moves on, one validator cannot fill the log of a height with votes', () => {
  const later = new LaterRounds();
  let taken = 0;
  for (let round = 0; round < 2 * (LATER_VOTES_PER_HEIGHT_MAX / LATER_VOTES_PER_ROUND_MAX); round += 1) {
    for (let vote = 0; vote < LATER_VOTES_PER_ROUND_MAX; vote += 1) {
      if (!later.hasRoom(atRound(round), voteOf(B, round + 1))) continue;
      later.count(atRound(round), voteOf(B, round + 1));
      taken += 1;
    }
  }
  expect(taken).toBe(LATER_VOTES_PER_HEIGHT_MAX);
  expect(later.hasRoom(atRound(99), voteOf(A, 100))).toBe(true);
  const next = { ...atRound(0), config: { ...atRound(0).config, height: 8 } };
  expect(later.hasRoom(next, voteOf(B, 1))).toBe(true);
});

it('nor with proposals for ever later rounds; those of its round and before are always heard', () => {
  const later = new LaterRounds();
  const size = 130 * 1024;
  const takes = (validator: string, round: number): boolean =>
    later.takeProposal(atRound(3), { validator, round }, () => size);
  const taken = Array.from({ length: 100 }, (_, index) => takes(B, 4 + index)).filter((each) => each);
  expect(taken).toHaveLength(Math.floor(LATER_PROPOSAL_BYTES_PER_HEIGHT_MAX / size));
  expect(takes(B, 3)).toBe(true);
  expect(takes(A, 4)).toBe(true);
});
