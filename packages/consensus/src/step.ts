// Owns: agreement as one pure function: the same state and the same input give the same messages and the same next
// state. No clock, no socket, no randomness. The loop around it (node/replica) logs each input, makes own messages
// durable before they leave, and feeds them back signed.
import {
  accusedOf,
  type Certificate,
  type Evidence,
  findValidator,
  type Hex32,
  isWellFormedVote,
  NO_ROUND,
  type SignedProposal,
  type Vote,
  votesOf,
} from '@consilium/core';
import { evidenceOfProposal, evidenceOfVote, sameProposal } from './accountability.ts';
import { PROPOSAL_ROUNDS_AHEAD_MAX, PROPOSALS_PER_ROUND_MAX, VOTES_KEPT_ALWAYS } from './limits.ts';
import { cast, enterRound, propose, proposerOf, settle } from './rules.ts';
import type {
  Effect,
  HeightConfig,
  Input,
  KnownValue,
  Outcome,
  ReceivedProposal,
  State,
  TimeoutKind,
  Verdict,
  VoteLog,
} from './types.ts';
import { keepVote, votesBy } from './votes.ts';

/** A height begins idle, at round 0, without a timer. */
export function startHeight(config: HeightConfig): State {
  return {
    config,
    awake: false,
    hasWork: false,
    round: 0,
    step: 'propose',
    locked: null,
    valid: null,
    votes: new Map(),
    proposals: new Map(),
    values: new Map(),
    verdicts: new Map(),
    precommitted: new Map(),
    done: new Set(),
    polkas: [],
    diverged: null,
  };
}

/** An input that changes nothing gives back the very same state and no effects: the loop need not log it. */
export function step(state: State, input: Input): Outcome {
  if (state.step === 'decided') return { state, effects: [] };
  const taken = take(state, input);
  const settled = settle(taken.state);
  return { state: settled.state, effects: [...taken.effects, ...settled.effects] };
}

function take(state: State, input: Input): Outcome {
  switch (input.type) {
    case 'work':
      return state.hasWork ? unchanged(state) : { state: { ...state, hasWork: true }, effects: [] };
    case 'proposal':
      return takeProposal(state, input.received);
    case 'value':
      return { state: withValue(state, input.value), effects: [] };
    case 'vote':
      return takeVote(state, input.vote, false);
    case 'certificate':
      return takeCertificate(state, input.certificate);
    case 'timeout':
      return takeTimeout(state, input.kind, input.round);
    case 'built':
      return takeBuilt(state, input.round, input.value);
    case 'verdict':
      return { state: withVerdict(state, input.id, input.verdict), effects: [] };
  }
}

function withValue(state: State, value: KnownValue): State {
  return state.values.has(value.id)
    ? state
    : { ...state, values: new Map(state.values).set(value.id, value) };
}

/** A verdict belongs to a value in hand and stays until the height ends. */
function withVerdict(state: State, id: Hex32, verdict: Verdict): State {
  if (!state.values.has(id) || state.verdicts.has(id)) return state;
  return { ...state, verdicts: new Map(state.verdicts).set(id, verdict) };
}

/**
 * Only the proposer of a round proposes in it: a proposal of anybody else is not kept, so that stale ones cannot keep
 * the real one from being looked at. Two are kept, and the second is evidence. None ever makes room for another: else a
 * few, sent in turn, would be new each time.
 */
function takeProposal(state: State, { proposal, value, arrivalMs }: ReceivedProposal): Outcome {
  if (proposal.blockId !== value.id || !wouldKeepProposal(state, proposal)) return unchanged(state);
  const known = state.proposals.get(proposal.round) ?? [];
  const evidence = evidenceOfProposal(
    known.map((other) => other.proposal),
    proposal,
  );
  const kept = [...known, { proposal, value, arrivalMs }];
  const proposals = new Map(state.proposals).set(proposal.round, kept);
  return accuse(withValue({ ...state, proposals }, value), [{ type: 'relay-proposal', proposal }], evidence);
}

function takeVote(state: State, vote: Vote, inCertificate: boolean): Outcome {
  const member = findValidator(state.config.validators, vote.validator) !== undefined;
  if (!member || vote.height !== state.config.height || !isWellFormedVote(vote)) return unchanged(state);
  const known = votesBy(state.votes, vote.round, vote.type, vote.validator);
  const votes = keptWith(state, vote, inCertificate);
  if (votes === undefined) return unchanged(state);
  const effects: Effect[] =
    inCertificate || known.length >= VOTES_KEPT_ALWAYS ? [] : [{ type: 'relay-vote', vote }];
  return accuse({ ...state, votes }, effects, evidenceOfVote(state.votes, vote));
}

function keptWith(state: State, vote: Vote, inCertificate: boolean): VoteLog | undefined {
  return keepVote(state.votes, state.config.validators, vote, {
    currentRound: state.round,
    proposalInHand: isProposed(state, vote),
    inCertificate,
  });
}

/**
 * Whether this vote of the height, if its signature holds, would be kept. What would not be is not worth checking, and
 * must not be logged: its sender could make any number of them.
 */
export function wouldKeepVote(state: State, vote: Vote): boolean {
  return keptWith(state, vote, false) !== undefined;
}

/** The same of a proposal. */
export function wouldKeepProposal(state: State, proposal: SignedProposal): boolean {
  const { height, round, validRound, validator } = proposal;
  if (height !== state.config.height || validRound >= round) return false;
  if (validator !== proposerOf(state, round) || round > state.round + PROPOSAL_ROUNDS_AHEAD_MAX) return false;
  const known = state.proposals.get(round) ?? [];
  const duplicate = known.some((other) => sameProposal(other.proposal, proposal));
  return !duplicate && known.length < PROPOSALS_PER_ROUND_MAX;
}

/** A prevote carries the validRound of the proposal that it answers; a precommit carries none (rule 17). */
function isProposed(state: State, vote: Vote): boolean {
  return (state.proposals.get(vote.round) ?? []).some(
    ({ proposal }) =>
      proposal.blockId === vote.blockId &&
      (vote.type === 'precommit' || proposal.validRound === vote.validRound),
  );
}

/** Checked before and kept as a whole: whatever else its signers signed, the quorum stands. */
function takeCertificate(state: State, certificate: Certificate): Outcome {
  let next = state;
  const effects: Effect[] = [];
  for (const vote of votesOf(certificate, state.config.validators)) {
    const taken = takeVote(next, vote, true);
    next = taken.state;
    effects.push(...taken.effects);
  }
  if (next.votes === state.votes) return unchanged(state);
  return { state: next, effects: [...effects, { type: 'relay-certificate', certificate }] };
}

function accuse(state: State, effects: readonly Effect[], evidence: Evidence | undefined): Outcome {
  if (evidence === undefined) return { state, effects };
  const name = `accused:${accusedOf(evidence)}`;
  if (state.done.has(name)) return { state, effects };
  const done = new Set(state.done).add(name);
  return { state: { ...state, done }, effects: [...effects, { type: 'evidence', evidence }] };
}

/** A height that nobody woke has no timers and proposes nothing; a diverged node stays silent. */
function maySpeak(state: State): boolean {
  return state.awake && state.diverged === null;
}

/** Rules 12 to 14. A timeout of another round, or of a step that is left, is nothing. */
function takeTimeout(state: State, kind: TimeoutKind, round: number): Outcome {
  if (round !== state.round || !maySpeak(state)) return unchanged(state);
  if (kind === 'propose' && state.step === 'propose') {
    return cast({ ...state, step: 'prevote' }, 'prevote', null, NO_ROUND);
  }
  if (kind === 'prevote' && state.step === 'prevote') {
    return cast({ ...state, step: 'precommit' }, 'precommit', null, NO_ROUND);
  }
  return kind === 'precommit' ? enterRound(state, round + 1) : unchanged(state);
}

/**
 * A value that was built too late is dropped: its proposer has already answered its own round with nil. A second answer
 * for one round is dropped too, and a fresh value where `valid` was due: a proposer signs once in a round.
 */
function takeBuilt(state: State, round: number, value: KnownValue): Outcome {
  const due = proposerOf(state, round) === state.config.self && state.valid === null && maySpeak(state);
  const name = `built:${round}`;
  if (!due || round !== state.round || state.step !== 'propose' || state.done.has(name))
    return unchanged(state);
  const done = new Set(state.done).add(name);
  const built = withVerdict(withValue({ ...state, done }, value), value.id, 'valid');
  return { state: built, effects: propose(built, value.id) };
}

function unchanged(state: State): Outcome {
  return { state, effects: [] };
}
