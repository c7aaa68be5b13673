// Owns: keeping and counting the votes of one height (protocol, section 1). A validator that signs two different votes
// counts once in thresholds of any mix, and for each (value, validRound) that it signed in a quorum for one value.
import {
  type Certificate,
  certificateOf,
  findValidator,
  type Hex32,
  isQuorum,
  isSupport,
  totalPower,
  type ValidatorSet,
  type Vote,
  type VoteContent,
  type VoteType,
} from '@consilium/core';
import { LATER_ROUNDS_PER_SENDER_MAX, VOTES_KEPT_ALWAYS } from './limits.ts';
import type { RoundVotes, VoteLog, VotesOfOne } from './types.ts';

const NO_VOTES: RoundVotes = {
  prevote: new Map(),
  precommit: new Map(),
  quorums: { prevote: [], precommit: [] },
};

export function votesOfRound(log: VoteLog, round: number): RoundVotes {
  return log.get(round) ?? NO_VOTES;
}

export function sameVote(a: VoteContent, b: VoteContent): boolean {
  return a.blockId === b.blockId && a.validRound === b.validRound;
}

/** Votes that this validator cast for (round, type), the first one first. */
export function votesBy(log: VoteLog, round: number, type: VoteType, validator: Hex32): readonly Vote[] {
  return votesOfRound(log, round)[type].get(validator) ?? [];
}

/** Where a vote came from decides whether a further one of its sender is kept. */
export interface VoteOrigin {
  readonly currentRound: number;
  /** The vote names a (value, validRound) whose proposal is in hand. */
  readonly proposalInHand: boolean;
  /** The vote came inside a certificate, which is kept as a whole. */
  readonly inCertificate: boolean;
}

/** The log with the vote, or undefined when it is known already or not to be kept. */
export function keepVote(
  log: VoteLog,
  set: ValidatorSet,
  vote: Vote,
  origin: VoteOrigin,
): VoteLog | undefined {
  const { round, type, validator } = vote;
  const known = votesBy(log, round, type, validator);
  if (known.some((other) => sameVote(other, vote))) return undefined;
  const later = round > origin.currentRound;
  const room = known.length < (later ? 1 : VOTES_KEPT_ALWAYS);
  if (!room && !origin.inCertificate && (later || !origin.proposalInHand)) return undefined;
  const bounded =
    later && !origin.inCertificate ? boundLaterRounds(log, set, vote, origin.currentRound) : log;
  return bounded === undefined ? undefined : withVote(bounded, set, vote, known);
}

function withVote(log: VoteLog, set: ValidatorSet, vote: Vote, known: readonly Vote[]): VoteLog {
  const ofRound = votesOfRound(log, vote.round);
  const ofType = new Map(ofRound[vote.type]).set(vote.validator, [...known, vote]);
  const quorums = { ...ofRound.quorums, [vote.type]: countQuorums(set, ofType) };
  return new Map(log).set(vote.round, { ...ofRound, [vote.type]: ofType, quorums });
}

/** A sender's messages of later rounds push out only its own, and its highest round always stays. */
function boundLaterRounds(
  log: VoteLog,
  set: ValidatorSet,
  vote: Vote,
  currentRound: number,
): VoteLog | undefined {
  const rounds = [...log.keys()].filter(
    (round) =>
      round > currentRound && round !== vote.round && hasVoteOf(votesOfRound(log, round), vote.validator),
  );
  if (rounds.length < LATER_ROUNDS_PER_SENDER_MAX) return log;
  const lowest = Math.min(...rounds);
  return vote.round < lowest ? undefined : withoutSender(log, set, lowest, vote.validator);
}

function hasVoteOf(votes: RoundVotes, validator: Hex32): boolean {
  return votes.prevote.has(validator) || votes.precommit.has(validator);
}

function withoutSender(log: VoteLog, set: ValidatorSet, round: number, validator: Hex32): VoteLog {
  const votes = votesOfRound(log, round);
  const prevote = new Map(votes.prevote);
  const precommit = new Map(votes.precommit);
  prevote.delete(validator);
  precommit.delete(validator);
  const next = new Map(log);
  if (prevote.size + precommit.size === 0) next.delete(round);
  else next.set(round, { prevote, precommit, quorums: countBoth(set, prevote, precommit) });
  return next;
}

export function powerOf(set: ValidatorSet, ids: Iterable<Hex32>): number {
  let power = 0;
  for (const id of ids) power += findValidator(set, id)?.power ?? 0;
  return power;
}

/** Rules 6 and 9: Q votes of any mix, each sender once. */
export function hasQuorumOfAny(log: VoteLog, set: ValidatorSet, round: number, type: VoteType): boolean {
  return isQuorum(powerOf(set, votesOfRound(log, round)[type].keys()), totalPower(set));
}

/** Every (value, validRound) that has a quorum of equal votes in this round; null stands for nil. */
export function quorumsOf(log: VoteLog, round: number, type: VoteType): readonly VoteContent[] {
  return votesOfRound(log, round).quorums[type];
}

function countBoth(
  set: ValidatorSet,
  prevote: ReadonlyMap<Hex32, VotesOfOne>,
  precommit: ReadonlyMap<Hex32, VotesOfOne>,
): RoundVotes['quorums'] {
  return { prevote: countQuorums(set, prevote), precommit: countQuorums(set, precommit) };
}

function countQuorums(set: ValidatorSet, votes: ReadonlyMap<Hex32, VotesOfOne>): VoteContent[] {
  if (!isQuorum(powerOf(set, votes.keys()), totalPower(set))) return [];
  const power = new Map<string, { content: VoteContent; power: number }>();
  for (const [validator, cast] of votes) {
    for (const vote of cast) {
      const key = `${vote.blockId}/${vote.validRound}`;
      const sum = power.get(key)?.power ?? 0;
      power.set(key, { content: vote, power: sum + (findValidator(set, validator)?.power ?? 0) });
    }
  }
  return [...power.values()]
    .filter((entry) => isQuorum(entry.power, totalPower(set)))
    .map((entry) => entry.content);
}

/** The certificate of the equal votes in hand. The caller knows that they are a quorum. */
export function certificateFrom(log: VoteLog, set: ValidatorSet, content: VoteContent): Certificate {
  const votes = [...votesOfRound(log, content.round)[content.type].values()]
    .flat()
    .filter((vote) => sameVote(vote, content));
  return certificateOf(content, votes, set);
}

export function sendersOfRound(log: VoteLog, round: number): Set<Hex32> {
  const votes = votesOfRound(log, round);
  return new Set([...votes.prevote.keys(), ...votes.precommit.keys()]);
}

/** Senders of any vote of this height: what wakes an idle height when they have S. */
export function sendersOfHeight(log: VoteLog): Set<Hex32> {
  const senders = new Set<Hex32>();
  for (const round of log.keys()) for (const sender of sendersOfRound(log, round)) senders.add(sender);
  return senders;
}

export function haveSupport(set: ValidatorSet, senders: Iterable<Hex32>): boolean {
  return isSupport(powerOf(set, senders), totalPower(set));
}
