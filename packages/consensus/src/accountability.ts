// Owns: finding in the votes of one height what no honest validator signs (rule 17): double votes, double proposals,
// lock violations. Does not own: checking evidence of others (core, ledger/evidence.ts).
import { type Evidence, type Hex32, NO_ROUND, type SignedProposal, type Vote } from '@consilium/core';
import type { VoteLog } from './types.ts';
import { sameVote, votesBy } from './votes.ts';

/** What a vote, new to this log, proves together with the votes of its sender that are in it. */
export function evidenceOfVote(log: VoteLog, vote: Vote): Evidence | undefined {
  const other = votesBy(log, vote.round, vote.type, vote.validator).find((known) => !sameVote(known, vote));
  if (other !== undefined) return { type: 'double-vote', first: other, second: vote };
  if (vote.blockId === null) return undefined;
  return vote.type === 'prevote' ? violatedByPrevote(log, vote) : violatedByPrecommit(log, vote);
}

function violatedByPrevote(log: VoteLog, prevote: Vote): Evidence | undefined {
  for (const round of log.keys()) {
    for (const precommit of votesBy(log, round, 'precommit', prevote.validator)) {
      if (isLockViolation(precommit, prevote)) return { type: 'lock-violation', precommit, prevote };
    }
  }
  return undefined;
}

function violatedByPrecommit(log: VoteLog, precommit: Vote): Evidence | undefined {
  for (const round of log.keys()) {
    for (const prevote of votesBy(log, round, 'prevote', precommit.validator)) {
      if (isLockViolation(precommit, prevote)) return { type: 'lock-violation', precommit, prevote };
    }
  }
  return undefined;
}

/** A later prevote for another value than the precommitted one, without a polka at or after the lock to excuse it. */
export function isLockViolation(precommit: Vote, prevote: Vote): boolean {
  if (precommit.blockId === null || prevote.blockId === null) return false;
  return (
    prevote.blockId !== precommit.blockId &&
    prevote.round > precommit.round &&
    prevote.validRound < precommit.round
  );
}

export function evidenceOfProposal(
  known: readonly SignedProposal[],
  next: SignedProposal,
): Evidence | undefined {
  const other = known.find((proposal) => !sameProposal(proposal, next));
  return other === undefined ? undefined : { type: 'double-proposal', first: other, second: next };
}

export function sameProposal(a: SignedProposal, b: SignedProposal): boolean {
  return a.blockId === b.blockId && a.validRound === b.validRound;
}

/**
 * Whether an honest validator may prevote (id, validRound), given its own precommits: every other value that it ever
 * precommitted at this height must be excused by validRound. Stricter than the lock alone: a lock that moved v -> w
 * would let a stale proposal of w draw a prevote that reads as a violation of the lock on v.
 */
export function mayPrevote(precommitted: ReadonlyMap<Hex32, number>, id: Hex32, validRound: number): boolean {
  for (const [other, round] of precommitted) {
    if (other !== id && (validRound === NO_ROUND || round > validRound)) return false;
  }
  return true;
}
