// One height seen by one of the validators a, b, c, d: inputs in short words, the loop that signs, effects as sentences.
import {
  accusedOf,
  type Certificate,
  type ConsensusParams,
  certificateOf,
  createValidatorSet,
  DEFAULT_PARAMS,
  type Evidence,
  type Hex32,
  NO_ROUND,
  type ValidatorSet,
  type Vote,
  type VoteContent,
} from '@consilium/core';
import {
  type Effect,
  type Input,
  type KnownValue,
  type OwnMessage,
  type ReceivedProposal,
  type State,
  startHeight,
  step,
} from '../../src/index.ts';

export const HEIGHT = 7;
export const BUILT_AT_MS = 1_000_000;
export const PARAMS: ConsensusParams = DEFAULT_PARAMS;

/** Validators by one letter. Round r is proposed by the r-th of them, and again from the first. */
export type Name = 'a' | 'b' | 'c' | 'd' | 'e' | 'f';
/** Values by one letter; null is nil. */
export type ValueName = 'u' | 'v' | 'w' | 'x';

const VALUE_DIGITS: Record<ValueName, string> = { u: '1', v: '2', w: '3', x: '4' };

export function idOf(name: Name): Hex32 {
  return name.repeat(64);
}

export function valueId(name: ValueName): Hex32 {
  return VALUE_DIGITS[name].repeat(64);
}

export function nameOf(id: Hex32): string {
  const digit = id[0] as string;
  const value = Object.entries(VALUE_DIGITS).find(([, each]) => each === digit);
  return value === undefined ? digit : value[0];
}

export function setOf(names: readonly Name[]): ValidatorSet {
  return createValidatorSet(names.map((name) => ({ id: idOf(name), key: idOf(name), power: 1 })));
}

export const FOUR: readonly Name[] = ['a', 'b', 'c', 'd'];

export function asleep(self: Name | null, names: readonly Name[] = FOUR): State {
  return startHeight({
    height: HEIGHT,
    self: self === null ? null : idOf(self),
    validators: setOf(names),
    proposers: names.map(idOf),
    params: PARAMS,
  });
}

/** A height with work: round 0, step propose. */
export function awake(self: Name | null, names: readonly Name[] = FOUR): State {
  return step(asleep(self, names), work).state;
}

export const work: Input = { type: 'work' };

function voteOf(validator: Name, content: VoteContent): Vote {
  return { ...content, validator: idOf(validator), signature: idOf(validator).repeat(2) };
}

function contentOf(
  type: 'prevote' | 'precommit',
  round: number,
  value: ValueName | null,
  validRound: number,
): VoteContent {
  return { type, height: HEIGHT, round, blockId: value === null ? null : valueId(value), validRound };
}

export function vote(
  type: 'prevote' | 'precommit',
  validator: Name,
  round: number,
  value: ValueName | null,
  validRound: number = NO_ROUND,
): Vote {
  return voteOf(validator, contentOf(type, round, value, validRound));
}

export function prevote(
  validator: Name,
  round: number,
  name: ValueName | null,
  validRound: number = NO_ROUND,
): Input {
  return { type: 'vote', vote: vote('prevote', validator, round, name, validRound) };
}

export function precommit(validator: Name, round: number, name: ValueName | null): Input {
  return { type: 'vote', vote: vote('precommit', validator, round, name) };
}

/** `prevotes('bcd', 0, 'v')`: one input each. */
export function prevotes(
  validators: string,
  round: number,
  name: ValueName | null,
  validRound: number = NO_ROUND,
): Input[] {
  return [...validators].map((each) => prevote(each as Name, round, name, validRound));
}

export function precommits(validators: string, round: number, name: ValueName | null): Input[] {
  return [...validators].map((each) => precommit(each as Name, round, name));
}

function certificate(validators: string, content: VoteContent): Certificate {
  const names = [...validators] as Name[];
  return certificateOf(
    content,
    names.map((name) => voteOf(name, content)),
    setOf(FOUR),
  );
}

export function polka(
  validators: string,
  round: number,
  value: ValueName | null,
  validRound: number = NO_ROUND,
): Input {
  return {
    type: 'certificate',
    certificate: certificate(validators, contentOf('prevote', round, value, validRound)),
  };
}

export function commit(validators: string, round: number, value: ValueName): Input {
  return {
    type: 'certificate',
    certificate: certificate(validators, contentOf('precommit', round, value, NO_ROUND)),
  };
}

export interface ProposalOptions {
  readonly validRound?: number;
  /** Who signed it; the proposer of the round unless told. */
  readonly from?: Name;
  /** Who built the value; the signer unless told. */
  readonly author?: Name;
  readonly time?: number;
  readonly arrivalMs?: number;
}

export function proposal(round: number, value: ValueName, options: ProposalOptions = {}): Input {
  const from = options.from ?? (FOUR[round % FOUR.length] as Name);
  const received: ReceivedProposal = {
    proposal: {
      height: HEIGHT,
      round,
      blockId: valueId(value),
      validRound: options.validRound ?? NO_ROUND,
      validator: idOf(from),
      signature: idOf(from).repeat(2),
    },
    value: known(value, options.author ?? from, options.time),
    arrivalMs: options.arrivalMs ?? BUILT_AT_MS + 10,
  };
  return { type: 'proposal', received };
}

export function known(value: ValueName, author: Name, time: number = BUILT_AT_MS): KnownValue {
  return { id: valueId(value), author: idOf(author), time };
}

export function value(name: ValueName, author: Name): Input {
  return { type: 'value', value: known(name, author) };
}

export function built(round: number, name: ValueName, author: Name): Input {
  return { type: 'built', round, value: known(name, author) };
}

export function valid(name: ValueName): Input {
  return { type: 'verdict', id: valueId(name), verdict: 'valid' };
}

export function invalid(name: ValueName): Input {
  return { type: 'verdict', id: valueId(name), verdict: 'invalid' };
}

export function timeout(kind: 'propose' | 'prevote' | 'precommit', round: number): Input {
  return { type: 'timeout', kind, round };
}

/** A value in hand that was found valid. */
export function inHand(name: ValueName, author: Name): Input[] {
  return [value(name, author), valid(name)];
}

/** From the beginning to round r, without a vote. */
export function toRound(round: number): Input[] {
  return [work, ...Array.from({ length: round }, (_, passed) => timeout('precommit', passed))];
}

/** In this round: its proposer's fresh value, valid, and two prevotes: with the own one a polka. */
export function lockAt(round: number, name: ValueName): Input[] {
  return [proposal(round, name), valid(name), ...prevotes('ab', round, name)];
}

export interface Driven {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** The loop around the step: own messages are signed and come back as inputs before the next input is taken. */
export function drive(start: State, inputs: readonly Input[]): Driven {
  const effects: Effect[] = [];
  let state = start;
  for (const input of inputs) {
    const waiting: Input[] = [input];
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const outcome = step(state, next);
      state = outcome.state;
      effects.push(...outcome.effects);
      waiting.push(...outcome.effects.flatMap((effect) => signed(outcome.state, effect)));
    }
  }
  return { state, effects };
}

/** An own message as it comes back signed. */
export function signed(state: State, effect: Effect, arrivalMs: number = BUILT_AT_MS + 1): Input[] {
  const { self } = state.config;
  if (effect.type !== 'sign' || self === null) return [];
  const { message } = effect;
  const by = { validator: self, signature: self.repeat(2) };
  if (message.kind === 'vote') return [{ type: 'vote', vote: { ...message.content, ...by } }];
  const inHand = state.values.get(message.content.blockId);
  if (inHand === undefined) throw new Error('invariant: an own proposal names a value in hand');
  return [
    { type: 'proposal', received: { proposal: { ...message.content, ...by }, value: inHand, arrivalMs } },
  ];
}

/** Effects as sentences, in order; relays are left out (see `relays`). */
export function told(effects: readonly Effect[]): string[] {
  return effects.flatMap((effect) => (effect.type.startsWith('relay-') ? [] : [tell(effect)]));
}

export function relays(effects: readonly Effect[]): string[] {
  return effects.flatMap((effect) => (effect.type.startsWith('relay-') ? [tell(effect)] : []));
}

/** `prevote v @1`, `prevote v @2 of @0` (validRound 0), `propose v @1 of @0 with polka`. */
export function tell(effect: Effect): string {
  switch (effect.type) {
    case 'sign':
      return tellMessage(effect.message);
    case 'relay-vote':
      return `relay ${nameOf(effect.vote.validator)}: ${tellVote(effect.vote)}`;
    case 'relay-proposal':
      return `relay ${nameOf(effect.proposal.validator)}: propose ${nameOf(effect.proposal.blockId)} @${effect.proposal.round}`;
    case 'relay-certificate':
      return `relay certificate: ${tellVote(effect.certificate)}`;
    case 'schedule':
      return `timer ${effect.kind} @${effect.round}`;
    case 'build':
      return `build @${effect.round}`;
    case 'validate':
    case 'fetch':
      return `${effect.type} ${nameOf(effect.id)}`;
    case 'evidence':
      return `accuse ${tellEvidence(effect.evidence)}`;
    case 'decide':
      return `decide ${nameOf(effect.id)} by @${effect.certificate.round}`;
    case 'diverged':
      return `diverged on ${nameOf(effect.id)} @${effect.round}`;
  }
}

export function tellEvidence(evidence: Evidence): string {
  return `${nameOf(accusedOf(evidence))} of ${evidence.type}`;
}

function tellMessage(message: OwnMessage): string {
  if (message.kind === 'vote') return tellVote(message.content);
  const { blockId, round, validRound } = message.content;
  const polkaTold = message.polka === null ? '' : ` with polka @${message.polka.round}`;
  return `propose ${nameOf(blockId)} @${round}${ofRound(validRound)}${polkaTold}`;
}

function tellVote(content: VoteContent): string {
  const { type, blockId, round, validRound } = content;
  return `${type} ${blockId === null ? 'nil' : nameOf(blockId)} @${round}${ofRound(validRound)}`;
}

function ofRound(validRound: number): string {
  return validRound === NO_ROUND ? '' : ` of @${validRound}`;
}

export interface Seen {
  readonly round: number;
  readonly step: string;
  readonly locked: string;
  readonly valid: string;
}

/** The parts of a state that rules speak of. */
export function seen(state: State): Seen {
  const { round, locked, valid: validValue } = state;
  const at = (each: typeof locked): string => (each === null ? 'none' : `${nameOf(each.id)} @${each.round}`);
  return { round, step: state.step, locked: at(locked), valid: at(validValue) };
}

/** One row of a step table: what the input causes in the state that the inputs before it led to. */
export interface Row {
  readonly desc: string;
  readonly self?: Name;
  readonly given: readonly Input[];
  readonly input: Input;
  readonly effects: readonly string[];
  readonly state?: Partial<Seen>;
}

export interface RowResult {
  readonly effects: readonly string[];
  readonly state: Partial<Seen>;
}

/** Runs a row for d, who proposes round 3, unless it names another. Compare with `expectedOf`. */
export function runRow(row: Row): RowResult {
  const before = drive(asleep(row.self ?? 'd'), row.given).state;
  const after = drive(before, [row.input]);
  const all = seen(after.state);
  const parts = Object.keys(row.state ?? {}) as (keyof Seen)[];
  return { effects: told(after.effects), state: Object.fromEntries(parts.map((part) => [part, all[part]])) };
}

export function expectedOf(row: Row): RowResult {
  return { effects: row.effects, state: row.state ?? {} };
}
