// Owns: where the running height stands, as plain facts: whose votes are there, what is waited for, since when. Pure: parts
// of the replica in, facts out. Does not own: the words for people (observe/why.ts).
import {
  proposerOf,
  type State,
  stuckAfterMs,
  type TimeoutKind,
  type VotesOfOne,
} from '@consilium/consensus';
import { type Hex32, totalPower, type ValidatorSet, type VoteType } from '@consilium/core';
import type { PendingTimer } from './agreement.ts';
import { quorumOf, type Watch } from './watch.ts';

export type VoteSeen = 'missing' | 'nil' | 'value';

export interface ValidatorFacts {
  readonly institution: Hex32;
  /** Whether its votes of the current round are here. */
  readonly prevote: VoteSeen;
  readonly precommit: VoteSeen;
  /** Its latest message that agreement took; null: none since this node started. */
  readonly heard: { readonly height: number; readonly round: number; readonly agoMs: number } | null;
  /** This node itself is always connected. */
  readonly connected: boolean;
  /** Since when the link is as it is; null for this node itself. */
  readonly linkForMs: number | null;
  /** How far its clock is from this one; null: not heard. Milliseconds. */
  readonly clockOffsetMs: number | null;
}

export interface HeightFacts {
  readonly height: number;
  readonly round: number;
  /** `committing`: decided, its batch is being written. */
  readonly step: State['step'] | 'committing';
  readonly awake: boolean;
  /** Whether a transaction or evidence waits that this node could put into a block now. */
  readonly hasWork: boolean;
  /** Of the current round; null while committing. */
  readonly proposer: Hex32 | null;
  /** Whether its proposal is here. */
  readonly proposed: boolean;
  readonly validators: readonly ValidatorFacts[];
  /** Validators that a decision needs. */
  readonly quorum: number;
  readonly reached: number;
  readonly locked: { readonly blockId: Hex32; readonly round: number } | null;
  readonly valid: { readonly blockId: Hex32; readonly round: number } | null;
  readonly timer: { readonly kind: TimeoutKind; readonly inMs: number } | null;
  readonly heightForMs: number;
  readonly roundForMs: number;
  /** null: there is no work. */
  readonly workForMs: number | null;
  /** With work for longer than this the height is stuck. */
  readonly stuckAfterMs: number;
  readonly stuck: boolean;
  /** The log of this height is full: this node casts no vote in it. */
  readonly logFull: boolean;
}

export interface HeightFactsSource {
  readonly self: Hex32;
  readonly nowMs: number;
  readonly height: number;
  readonly validators: ValidatorSet;
  /** undefined while a batch is being written. */
  readonly state: State | undefined;
  readonly hasWork: boolean;
  readonly timer: PendingTimer | undefined;
  readonly logFull: boolean;
  readonly watch: Watch;
  readonly clockOffsets: ReadonlyMap<Hex32, number>;
}

export function heightFactsOf(source: HeightFactsSource): HeightFacts {
  const { nowMs, height, validators, state, hasWork, timer, watch, logFull } = source;
  const { since } = watch;
  return {
    height,
    round: state?.round ?? 0,
    step: state?.step ?? 'committing',
    awake: state?.awake ?? false,
    hasWork,
    proposer: state === undefined ? null : proposerOf(state, state.round),
    proposed: state !== undefined && (state.proposals.get(state.round) ?? []).length > 0,
    validators: validators.map(({ id }) => validatorFacts(source, id)),
    quorum: quorumOf(totalPower(validators)),
    reached: totalPower(watch.reached(validators)),
    locked: valueFacts(state?.locked),
    valid: valueFacts(state?.valid),
    timer: timer === undefined ? null : { kind: timer.kind, inMs: rounded(timer.dueMs - nowMs) },
    heightForMs: rounded(nowMs - since.height),
    roundForMs: rounded(nowMs - since.round),
    workForMs: since.work === undefined ? null : rounded(nowMs - since.work),
    stuckAfterMs: state === undefined ? 0 : stuckAfterMs(state.config.params, validators.length),
    stuck: watch.isStuck(state),
    logFull,
  };
}

function validatorFacts(source: HeightFactsSource, institution: Hex32): ValidatorFacts {
  const { self, nowMs, state, watch, clockOffsets } = source;
  const heard = watch.heardOf(institution);
  const link = watch.linkTo(institution);
  const isSelf = institution === self;
  const offset = clockOffsets.get(institution);
  return {
    institution,
    prevote: voteSeen(state, 'prevote', institution),
    precommit: voteSeen(state, 'precommit', institution),
    heard:
      heard === undefined
        ? null
        : { height: heard.height, round: heard.round, agoMs: rounded(nowMs - heard.atMs) },
    connected: isSelf || link.connected,
    linkForMs: isSelf ? null : rounded(nowMs - link.sinceMs),
    clockOffsetMs: isSelf ? 0 : offset === undefined ? null : Math.round(offset),
  };
}

function voteSeen(state: State | undefined, type: VoteType, validator: Hex32): VoteSeen {
  const votes: VotesOfOne = state?.votes.get(state.round)?.[type].get(validator) ?? [];
  const [first] = votes;
  if (first === undefined) return 'missing';
  return first.blockId === null ? 'nil' : 'value';
}

function valueFacts(value: State['locked'] | undefined): HeightFacts['locked'] {
  return value === null || value === undefined ? null : { blockId: value.id, round: value.round };
}

function rounded(ms: number): number {
  return Math.max(0, Math.round(ms));
}
