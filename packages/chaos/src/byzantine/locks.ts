// Owns: the strategies of those who do not keep to their locks, or lie about polkas.
import { type Hex32, NO_ROUND, type Vote } from '@consilium/core';
import { encodeMessage, type ProposalMessage } from '@consilium/node/replica';
import { type Grip, otherThan, ownVotesIn, type Strategy, type Telling } from './strategy.ts';

interface Lock {
  readonly round: number;
  readonly blockId: Hex32;
}

/**
 * After a precommit it prevotes another value in every later round, as if it had no lock; and in the next round at once,
 * without waiting for it to begin: where the network is quick there is none.
 */
export const ignoreLock: Strategy = {
  tell: (telling) => {
    const { grip, message, bytes } = telling;
    const own = ownVotesIn(telling);
    if (message?.type !== 'votes' || own.length === 0) return [bytes];
    const early = own.flatMap((vote) => {
      if (vote.type !== 'precommit' || vote.blockId === null) return [];
      const lock = lockOf(grip, vote.height) ?? { round: vote.round, blockId: vote.blockId };
      grip.memory.made(lockName(vote.height), () => lock);
      return [unlocked(grip, { ...vote, type: 'prevote', round: vote.round + 1 }, lock)];
    });
    const votes = message.votes.map((vote) => {
      const lock = vote.validator === grip.self && vote.type === 'prevote' && lockOf(grip, vote.height);
      return lock && lock.round < vote.round ? unlocked(grip, vote, lock) : vote;
    });
    return [encodeMessage({ type: 'votes', votes: [...votes, ...early] })];
  },
};

function lockName(height: number): string {
  return `lock ${height}`;
}

/** Its first precommit of the height. */
function lockOf(grip: Grip, height: number): Lock | undefined {
  return grip.memory.recall<Lock>(lockName(height));
}

function unlocked(grip: Grip, vote: Vote, lock: Lock): Vote {
  const blockId = otherThan(grip, vote.height, lock.blockId);
  return grip.forge.vote({ ...vote, blockId, validRound: NO_ROUND });
}

/** Rounds that validRounds are drawn up to: at and beyond the running one as well. */
const VALID_ROUND_MAX = 3;

/** One lie for each place, told to everybody: else it would prove itself by two votes. */
export const wrongValidRound: Strategy = {
  tell: (telling) => {
    const { grip, message, bytes } = telling;
    if (message?.type === 'votes') return votesWithWrongRounds(telling);
    if (message?.type !== 'proposal' || message.proposal.validator !== grip.self) return [bytes];
    const { height, round } = message.proposal;
    const lie = grip.memory.made(`proposal ${height}/${round}`, () => proposalWithWrongRound(grip, message));
    return [encodeMessage(lie)];
  },
};

function votesWithWrongRounds({ grip, message, bytes }: Telling): Uint8Array[] {
  if (message?.type !== 'votes') return [bytes];
  const votes = message.votes.map((vote) => {
    if (vote.validator !== grip.self) return vote;
    const place = `vote ${vote.type} ${vote.height}/${vote.round}`;
    return grip.memory.made(place, () => grip.forge.vote({ ...vote, validRound: drawRound(grip) }));
  });
  return [encodeMessage({ type: 'votes', votes })];
}

function proposalWithWrongRound(grip: Grip, message: ProposalMessage): ProposalMessage {
  const proposal = grip.forge.proposal({ ...message.proposal, validRound: drawRound(grip) });
  return { ...message, proposal, polka: grip.prng.chance(0.5) ? message.polka : null };
}

function drawRound({ prng }: Grip): number {
  return prng.between(NO_ROUND, VALID_ROUND_MAX);
}
