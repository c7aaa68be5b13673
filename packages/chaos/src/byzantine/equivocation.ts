// Owns: the strategies of those who say two things at one place: to two halves, or to everybody.
import { type Hex32, NO_ROUND, type Vote, type VoteType } from '@consilium/core';
import { encodeMessage } from '@consilium/node/replica';
import { laterValue } from './forge.ts';
import {
  type Grip,
  isOtherHalf,
  mapOwnProposal,
  mapOwnVotes,
  otherThan,
  ownVotesIn,
  type Strategy,
  sendVotes,
} from './strategy.ts';

export const equivocateProposal: Strategy = {
  tell: (telling) =>
    isOtherHalf(telling)
      ? mapOwnProposal(telling, (message) => telling.grip.forge.proposing(message, laterValue(message.value)))
      : [telling.bytes],
};

export const equivocatePrevote: Strategy = equivocateVotes('prevote');
export const equivocatePrecommit: Strategy = equivocateVotes('precommit');

function equivocateVotes(type: VoteType): Strategy {
  return {
    tell: (telling) =>
      isOtherHalf(telling)
        ? mapOwnVotes(telling, (vote) => (vote.type === type ? contradiction(telling.grip, vote) : vote))
        : [telling.bytes],
  };
}

/** The same place, another statement: nil against a value half of the time. */
function contradiction(grip: Grip, vote: Vote): Vote {
  const { forge, prng } = grip;
  const nil = vote.blockId !== null && prng.chance(0.5);
  const blockId = nil ? null : otherThan(grip, vote.height, vote.blockId);
  return forge.vote({ ...vote, blockId, validRound: NO_ROUND });
}

const AMNESIA_MS_MAX = 3;

/** As one that comes up again in the same round and remembers nothing: it votes anew, and tells everybody. */
export const amnesia: Strategy = {
  tell: (telling) => {
    const { grip, bytes } = telling;
    for (const vote of ownVotesIn(telling)) {
      const { type, height, round } = vote;
      if (!grip.memory.isFirst(`amnesia ${type} ${height}/${round}`)) continue;
      grip.after(grip.prng.between(0, AMNESIA_MS_MAX), () =>
        sendVotes(grip, grip.peers(), [contradiction(grip, vote)]),
      );
    }
    return [bytes];
  },
};

const ROUNDS = [0, 1, 2];

/** Both votes for every value that is proposed, at once; and for those of before, in the first rounds of its height. */
export const voteForAll: Strategy = {
  hear: ({ grip, message, bytes }) => {
    if (message?.type === 'proposal') {
      const { height, round, blockId } = message.proposal;
      if (grip.memory.isFirst(`vote for ${blockId} ${height}/${round}`))
        sendVotes(grip, grip.peers(), bothVotes(grip, height, round, blockId));
    }
    return [bytes];
  },
  slip: (grip) => {
    const height = grip.height();
    const ids = [...grip.memory.values.keys()];
    const votes = ids.flatMap((id) => ROUNDS.flatMap((round) => bothVotes(grip, height, round, id)));
    sendVotes(grip, [grip.prng.pick(grip.peers())], votes);
  },
};

function bothVotes({ forge }: Grip, height: number, round: number, blockId: Hex32): Vote[] {
  const content = { height, round, blockId, validRound: NO_ROUND };
  return [forge.vote({ ...content, type: 'prevote' }), forge.vote({ ...content, type: 'precommit' })];
}

/** Overheard values in rounds that are not its own, with validRounds that were never seen. */
export const staleProposals: Strategy = {
  slip: (grip) => {
    const { forge, prng, memory } = grip;
    for (const [blockId, value] of memory.values) {
      const { height } = value.header;
      const content = { height, round: prng.between(0, 3), blockId, validRound: prng.between(NO_ROUND, 3) };
      const bytes = encodeMessage({
        type: 'proposal',
        proposal: forge.proposal(content),
        value,
        polka: null,
      });
      for (const to of grip.peers()) grip.send(to, 'agreement', bytes);
    }
  },
};
