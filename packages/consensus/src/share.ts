// Owns: what a validator tells others of its height beyond first relays (rule 16): rebroadcast of its own last messages
// and best certificate, and the answer to the status of one who is behind in rounds. Pure reads of the state.
import type { Certificate, SignedProposal, Vote, VoteType } from '@consilium/core';
import type { State } from './types.ts';
import { certificateFrom, quorumsOf, votesBy, votesOfRound } from './votes.ts';

export interface Shared {
  readonly votes: readonly Vote[];
  readonly proposals: readonly SignedProposal[];
  readonly certificates: readonly Certificate[];
}

/** Own votes and proposal of the current round, own last votes of the round before, and the best certificate. */
export function rebroadcast(state: State): Shared {
  const { self } = state.config;
  const rounds = [state.round, ...(state.round > 0 ? [state.round - 1] : [])];
  const types: readonly VoteType[] = ['prevote', 'precommit'];
  const votes =
    self === null
      ? []
      : rounds.flatMap((round) => types.flatMap((type) => votesBy(state.votes, round, type, self)));
  const proposals = (state.proposals.get(state.round) ?? [])
    .map((received) => received.proposal)
    .filter((proposal) => proposal.validator === self);
  return { votes, proposals, certificates: bestCertificates(state) };
}

/** The polka of the valid value, and any quorum of precommits for a value that could not be decided yet. */
function bestCertificates(state: State): Certificate[] {
  const { validators } = state.config;
  const polkas =
    state.valid === null
      ? []
      : quorumsOf(state.votes, state.valid.round, 'prevote').filter(
          (content) => content.blockId === state.valid?.id,
        );
  const commits = [...state.votes.keys()].flatMap((round) =>
    quorumsOf(state.votes, round, 'precommit').filter((content) => content.blockId !== null),
  );
  return [...polkas, ...commits].map((content) => certificateFrom(state.votes, validators, content));
}

/** All votes, own and of others, and all proposals of the rounds from `fromRound` on, and the best certificate. */
export function answerToStatus(state: State, fromRound: number): Shared {
  const rounds = [...state.votes.keys()].filter((round) => round >= fromRound).sort((a, b) => a - b);
  const votes = rounds.flatMap((round) => {
    const { prevote, precommit } = votesOfRound(state.votes, round);
    return [...prevote.values(), ...precommit.values()].flat();
  });
  const proposals = [...state.proposals.entries()]
    .filter(([round]) => round >= fromRound)
    .flatMap(([, received]) => received.map((each) => each.proposal));
  return { votes, proposals, certificates: bestCertificates(state) };
}
