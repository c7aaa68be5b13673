// Owns: the rules of agreement that fire on what is in the state, each headed by its number in docs/protocol.md. After
// every input they are tried in one fixed order until none fires, so that a replay takes the same path.
// Does not own: taking inputs in (step.ts), counting (votes.ts).
import {
  type Certificate,
  findValidator,
  type Hex32,
  NO_ROUND,
  type VoteContent,
  type VoteType,
} from '@consilium/core';
import { mayPrevote } from './accountability.ts';
import { isTimely, timeoutMs, valueBounds } from './timing.ts';
import type { Effect, Outcome, OwnMessage, ReceivedProposal, State } from './types.ts';
import {
  certificateFrom,
  hasQuorumOfAny,
  haveSupport,
  quorumsOf,
  sendersOfHeight,
  sendersOfRound,
} from './votes.ts';

type Rule = (state: State) => Outcome | undefined;

/** proposer(h, r) = order(h)[r mod n]. */
export function proposerOf(state: State, round: number): Hex32 {
  const { proposers } = state.config;
  return proposers[round % proposers.length] as Hex32;
}

/** Section 3, "Work and idle heights": own work, the proposal of this round's proposer, or votes from S. */
const wake: Rule = (state) => {
  if (state.awake) return undefined;
  const proposed = (state.proposals.get(state.round) ?? []).length > 0;
  const { validators } = state.config;
  if (!state.hasWork && !proposed && !haveSupport(validators, sendersOfHeight(state.votes))) return undefined;
  return enterRound({ ...state, awake: true }, state.round);
};

/** A quorum for a value whose header is not in hand: fetch it by id. In hand and unjudged: have it validated. */
const judgeQuorums: Rule = (state) => {
  for (const id of valuesWithQuorum(state)) {
    if (state.values.has(id)) {
      const asked = requestVerdict(state, id);
      if (asked !== undefined) return asked;
    } else if (!state.done.has(`fetch:${id}`)) {
      return { state: once(state, `fetch:${id}`), effects: [{ type: 'fetch', id }] };
    }
  }
  return undefined;
};

function valuesWithQuorum(state: State): Hex32[] {
  const contents = [...quorumsOf(state.votes, state.round, 'prevote')];
  for (const votes of state.votes.values()) contents.push(...votes.quorums.precommit);
  return contents.flatMap((content) => (content.blockId === null ? [] : [content.blockId]));
}

/** Rule 10: Q precommits for one value in any one round, the value valid and in hand: decide. */
const rule10: Rule = (state) => {
  const { validators } = state.config;
  for (const round of state.votes.keys()) {
    for (const content of quorumsOf(state.votes, round, 'precommit')) {
      const id = content.blockId;
      if (id === null) continue;
      const verdict = state.verdicts.get(id);
      if (verdict === 'valid') return decide(state, id, certificateFrom(state.votes, validators, content));
      if (verdict === 'invalid') return diverge(state, id, round);
    }
  }
  return undefined;
};

function decide(state: State, id: Hex32, certificate: Certificate): Outcome {
  return {
    state: { ...state, step: 'decided' },
    effects: [{ type: 'decide', id, certificate, polkas: state.polkas }],
  };
}

/** A quorum for a value that this node finds invalid, bodies in hand: stop voting, say so, never vote along. */
function diverge(state: State, id: Hex32, round: number): Outcome {
  return { state: { ...state, diverged: { id, round } }, effects: [{ type: 'diverged', id, round }] };
}

/** Rule 7: a uniform polka of this round for a valid value: lock and precommit it (from step prevote); valid = it. */
const rule7: Rule = (state) => {
  if (state.step === 'propose' || state.done.has(`rule7:${state.round}`)) return undefined;
  for (const content of quorumsOf(state.votes, state.round, 'prevote')) {
    const id = content.blockId;
    if (id === null) continue;
    const verdict = state.verdicts.get(id);
    if (verdict === 'invalid') return diverge(state, id, state.round);
    if (verdict === 'valid') return lockAndPrecommit(state, id, content);
  }
  return undefined;
};

function lockAndPrecommit(state: State, id: Hex32, content: VoteContent): Outcome {
  const polka = certificateFrom(state.votes, state.config.validators, content);
  const value = { id, round: state.round };
  const marked = once(
    { ...state, valid: value, polkas: withPolka(state.polkas, polka) },
    `rule7:${state.round}`,
  );
  if (state.step !== 'prevote') return { state: marked, effects: [] };
  const precommitted = new Map(state.precommitted).set(id, state.round);
  return cast({ ...marked, locked: value, precommitted, step: 'precommit' }, 'precommit', id, NO_ROUND);
}

/** Rule 8: Q prevotes nil in this round: precommit nil at once. The lock stays. */
const rule8: Rule = (state) => {
  if (state.step !== 'prevote') return undefined;
  const nil = quorumsOf(state.votes, state.round, 'prevote').some((content) => content.blockId === null);
  return nil ? cast({ ...state, step: 'precommit' }, 'precommit', null, NO_ROUND) : undefined;
};

/** Rule 6: step prevote, first time Q prevotes of any mix: start timeoutPrevote. */
const rule6: Rule = (state) => (state.step === 'prevote' ? scheduleOnce(state, 'prevote') : undefined);

/** Rule 9: any step, first time Q precommits of any mix: start timeoutPrecommit. */
const rule9: Rule = (state) => scheduleOnce(state, 'precommit');

function scheduleOnce(state: State, type: VoteType): Outcome | undefined {
  const name = `timeout-${type}:${state.round}`;
  if (state.done.has(name) || !hasQuorumOfAny(state.votes, state.config.validators, state.round, type)) {
    return undefined;
  }
  return { state: once(state, name), effects: [schedule(state, type)] };
}

/** Rule 5: a proposal with validRound >= 0 and the uniform polka of that round. Without the polka: wait. */
const rule5: Rule = (state) => {
  if (state.step !== 'propose') return undefined;
  for (const received of state.proposals.get(state.round) ?? []) {
    const { validRound, blockId } = received.proposal;
    if (validRound === NO_ROUND) continue;
    const polka = quorumsOf(state.votes, validRound, 'prevote').find(
      (content) => content.blockId === blockId,
    );
    if (polka === undefined) continue;
    const answered = answer(state, received, lockAllows(state, blockId, validRound));
    if (answered !== undefined)
      return withUsedPolka(answered, certificateFrom(state.votes, state.config.validators, polka));
  }
  return undefined;
};

function lockAllows(state: State, id: Hex32, validRound: number): boolean {
  const { locked } = state;
  const unlocked = locked === null || locked.id === id || locked.round <= validRound;
  return unlocked && mayPrevote(state.precommitted, id, validRound);
}

/** Rule 4: a fresh proposal: prevote it if valid, timely and not against the lock; else nil. */
const rule4: Rule = (state) => {
  if (state.step !== 'propose') return undefined;
  const { params } = state.config;
  for (const received of state.proposals.get(state.round) ?? []) {
    const { proposal, value, arrivalMs } = received;
    if (proposal.validRound !== NO_ROUND) continue;
    const fresh = value.author === proposal.validator && isTimely(params, state.round, value.time, arrivalMs);
    const unlocked = state.locked === null || state.locked.id === proposal.blockId;
    const answered = answer(
      state,
      received,
      fresh && unlocked && mayPrevote(state.precommitted, proposal.blockId, NO_ROUND),
    );
    if (answered !== undefined) return answered;
  }
  return undefined;
};

/** Prevotes the value when it is acceptable and valid, nil when it is either not; waits for the verdict otherwise. */
function answer(state: State, received: ReceivedProposal, acceptable: boolean): Outcome | undefined {
  const { blockId, validRound } = received.proposal;
  const verdict = state.verdicts.get(blockId);
  if (acceptable && verdict === undefined) return requestVerdict(state, blockId);
  const voted: State = { ...state, step: 'prevote' };
  return acceptable && verdict === 'valid'
    ? cast(voted, 'prevote', blockId, validRound)
    : cast(voted, 'prevote', null, NO_ROUND);
}

/** Rule 11: messages of one later round from distinct senders that together have S: jump there. */
const rule11: Rule = (state) => {
  const { validators } = state.config;
  const rounds = [...state.votes.keys(), ...state.proposals.keys()];
  const later = new Set(rounds.filter((round) => round > state.round));
  for (const round of [...later].sort((a, b) => b - a)) {
    const senders = sendersOfRound(state.votes, round);
    for (const received of state.proposals.get(round) ?? []) senders.add(received.proposal.validator);
    if (haveSupport(validators, senders)) return enterRound(state, round);
  }
  return undefined;
};

/** The one order of evaluation. */
const RULES: readonly Rule[] = [rule10, rule7, rule8, rule6, rule9, rule5, rule4, rule11, judgeQuorums];

/** Fires rules until none fires. */
export function settle(start: State): Outcome {
  let state = start;
  const effects: Effect[] = [];
  for (let fired = nextRule(state); fired !== undefined; fired = nextRule(state)) {
    state = fired.state;
    effects.push(...fired.effects);
  }
  return { state, effects };
}

function nextRule(state: State): Outcome | undefined {
  if (state.step === 'decided' || state.diverged !== null) return undefined;
  const woken = wake(state);
  if (woken !== undefined) return woken;
  if (!state.awake) return undefined;
  for (const rule of RULES) {
    const fired = rule(state);
    if (fired !== undefined) return fired;
  }
  return undefined;
}

/** Rules 1 to 3: enter the round; its proposer proposes `valid`, or has a fresh value built; everybody starts the timer. */
export function enterRound(state: State, round: number): Outcome {
  const entered: State = { ...state, round, step: 'propose' };
  const timer = schedule(entered, 'propose');
  if (proposerOf(entered, round) !== state.config.self) return { state: entered, effects: [timer] };
  if (state.valid !== null) return { state: entered, effects: [timer, ...propose(entered, state.valid.id)] };
  return {
    state: entered,
    effects: [timer, { type: 'build', round, ...valueBounds(state.config.params, round) }],
  };
}

/** Rule 2. A value that had a polka carries it along, and its round in the signed bytes. */
export function propose(state: State, id: Hex32): Effect[] {
  const { height, validators } = state.config;
  const validRound = state.valid === null ? NO_ROUND : state.valid.round;
  const polka =
    validRound === NO_ROUND
      ? undefined
      : quorumsOf(state.votes, validRound, 'prevote').find((content) => content.blockId === id);
  return sign(state, {
    kind: 'proposal',
    content: { height, round: state.round, blockId: id, validRound },
    polka: polka === undefined ? null : certificateFrom(state.votes, validators, polka),
  });
}

export function cast(state: State, type: VoteType, blockId: Hex32 | null, validRound: number): Outcome {
  const { height } = state.config;
  const content: VoteContent = { type, height, round: state.round, blockId, validRound };
  return { state, effects: sign(state, { kind: 'vote', content }) };
}

function sign(state: State, message: OwnMessage): Effect[] {
  const { self, validators } = state.config;
  const member = self !== null && findValidator(validators, self) !== undefined;
  return member ? [{ type: 'sign', message }] : [];
}

function schedule(state: State, kind: 'propose' | VoteType): Effect {
  return {
    type: 'schedule',
    kind,
    round: state.round,
    delayMs: timeoutMs(state.config.params, kind, state.round),
  };
}

function requestVerdict(state: State, id: Hex32): Outcome | undefined {
  const name = `validate:${id}`;
  if (state.done.has(name) || state.verdicts.has(id)) return undefined;
  return { state: once(state, name), effects: [{ type: 'validate', id }] };
}

function once(state: State, name: string): State {
  return { ...state, done: new Set(state.done).add(name) };
}

function withPolka(polkas: readonly Certificate[], polka: Certificate): readonly Certificate[] {
  const known = polkas.some((other) => other.round === polka.round && other.blockId === polka.blockId);
  return known ? polkas : [...polkas, polka];
}

function withUsedPolka(outcome: Outcome, polka: Certificate): Outcome {
  return { ...outcome, state: { ...outcome.state, polkas: withPolka(outcome.state.polkas, polka) } };
}
