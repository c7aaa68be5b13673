import { describe, expect, it } from 'vitest';
import {
  type Input,
  PROPOSAL_ROUNDS_AHEAD_MAX,
  type State,
  step,
  wouldKeepProposal,
  wouldKeepVote,
} from '../../src/index.ts';
import { asleep, awake, drive, type Name, proposal, valid, vote, work } from '../support/height.ts';

const keepsVote = (state: State, name: 'u' | 'v' | 'w' | 'x', round = 0): boolean =>
  wouldKeepVote(state, vote('prevote', 'b', round, name));
const signedIn = (input: Input) => {
  if (input.type !== 'proposal') throw new Error('invariant: a proposal');
  return input.received.proposal;
};

describe('what its sender could make any number of', () => {
  it('is refused before its signature is looked at: a third vote of a round, unless its proposal is in hand', () => {
    const inputs: Input[] = ['u', 'w'].map((name) => ({
      type: 'vote',
      vote: vote('prevote', 'b', 0, name as 'u' | 'w'),
    }));
    const { state } = drive(awake('c'), inputs);
    expect(keepsVote(state, 'x')).toBe(false);
    expect(keepsVote(state, 'v')).toBe(false);
    expect(keepsVote(drive(state, [proposal(0, 'v'), valid('v')]).state, 'v')).toBe(true);
  });

  it('is refused exactly when taking it would change nothing', () => {
    let state = awake('c');
    for (const name of ['u', 'v', 'w', 'x', 'u'] as const) {
      for (const round of [0, 0, 3, 3]) {
        const input: Input = { type: 'vote', vote: vote('prevote', 'b', round, name) };
        const next = step(state, input).state;
        expect(keepsVote(state, name, round)).toBe(next !== state);
        state = next;
      }
    }
  });

  it('is refused as a third proposal of a round, and as one of a round far ahead', () => {
    const { state } = drive(asleep('c'), [work, proposal(0, 'u'), proposal(0, 'v')]);
    expect(wouldKeepProposal(state, signedIn(proposal(0, 'w')))).toBe(false);
    const last: Name = 'a';
    expect(wouldKeepProposal(state, signedIn(proposal(PROPOSAL_ROUNDS_AHEAD_MAX, 'w', { from: last })))).toBe(
      true,
    );
    expect(wouldKeepProposal(state, signedIn(proposal(PROPOSAL_ROUNDS_AHEAD_MAX + 4, 'w')))).toBe(false);
  });
});
