// Owns: the vocabulary of agreement: what goes into a step, what comes out, and what is remembered between steps.
// Rule numbers are those of docs/protocol.md.
import type {
  Certificate,
  ConsensusParams,
  Evidence,
  Hex32,
  ProposalContent,
  SignedProposal,
  ValidatorSet,
  Vote,
  VoteContent,
  VoteType,
} from '@consilium/core';

/** What is fixed while one height is decided. */
export interface HeightConfig {
  readonly height: number;
  /** Own validator id; null for a node that only follows. */
  readonly self: Hex32 | null;
  readonly validators: ValidatorSet;
  /** order(H): every validator once; the proposer of round r is proposers[r mod n]. A function of the ledger state. */
  readonly proposers: readonly Hex32[];
  readonly params: ConsensusParams;
}

export type Step = 'propose' | 'prevote' | 'precommit' | 'decided';
export type TimeoutKind = 'propose' | 'prevote' | 'precommit';

export interface ValueInRound {
  readonly id: Hex32;
  readonly round: number;
}

/** A value in hand: its header arrived, from a proposal or fetched by id. Times in milliseconds since the epoch. */
export interface KnownValue {
  readonly id: Hex32;
  readonly author: Hex32;
  readonly time: number;
}

/** A proposal of its round's proposer, with this node's clock when it arrived. */
export interface ReceivedProposal {
  readonly proposal: SignedProposal;
  readonly value: KnownValue;
  readonly arrivalMs: number;
}

/** `valid`, `invalid`: of the value itself. Timeliness and locks are judged apart, by rule 4 and 5. */
export type Verdict = 'valid' | 'invalid';

/**
 * Everything that agreement reacts to. Signatures and certificates were verified before. Own messages come in here
 * too, once they are signed and durable: a vote that the signing record refused never comes and is not counted.
 */
export type Input =
  | { readonly type: 'work' }
  | { readonly type: 'proposal'; readonly received: ReceivedProposal }
  | { readonly type: 'value'; readonly value: KnownValue }
  | { readonly type: 'vote'; readonly vote: Vote }
  | { readonly type: 'certificate'; readonly certificate: Certificate }
  | { readonly type: 'timeout'; readonly kind: TimeoutKind; readonly round: number }
  | { readonly type: 'built'; readonly round: number; readonly value: KnownValue }
  | { readonly type: 'verdict'; readonly id: Hex32; readonly verdict: Verdict };

/** An own message, unsigned. It must be durable in the log and in the signing record before its signature leaves. */
export type OwnMessage =
  | { readonly kind: 'proposal'; readonly content: ProposalContent; readonly polka: Certificate | null }
  | { readonly kind: 'vote'; readonly content: VoteContent };

/** What the shell has to do. `sign` is the one effect that may go out only after a write (protocol, section 4). */
export type Effect =
  | { readonly type: 'sign'; readonly message: OwnMessage }
  | { readonly type: 'relay-vote'; readonly vote: Vote }
  | { readonly type: 'relay-proposal'; readonly proposal: SignedProposal }
  | { readonly type: 'relay-certificate'; readonly certificate: Certificate }
  | {
      readonly type: 'schedule';
      readonly kind: TimeoutKind;
      readonly round: number;
      readonly delayMs: number;
    }
  | { readonly type: 'build'; readonly round: number; readonly txsMax: number; readonly txBytesMax: number }
  | { readonly type: 'validate'; readonly id: Hex32 }
  | { readonly type: 'fetch'; readonly id: Hex32 }
  | { readonly type: 'evidence'; readonly evidence: Evidence }
  | {
      readonly type: 'decide';
      readonly id: Hex32;
      readonly certificate: Certificate;
      /** Polkas that this node acted on at the height: kept for accountability (rule 17). */
      readonly polkas: readonly Certificate[];
    }
  | { readonly type: 'diverged'; readonly id: Hex32; readonly round: number };

/** Votes of one validator for one (round, type): the first, and what section 1 allows after it. */
export type VotesOfOne = readonly Vote[];

export interface RoundVotes {
  readonly prevote: ReadonlyMap<Hex32, VotesOfOne>;
  readonly precommit: ReadonlyMap<Hex32, VotesOfOne>;
  /** Every (value, validRound) with a quorum of equal votes, counted once as each vote is kept. */
  readonly quorums: Readonly<Record<VoteType, readonly VoteContent[]>>;
}

export type VoteLog = ReadonlyMap<number, RoundVotes>;

export interface State {
  readonly config: HeightConfig;
  /** An idle height waits without a timer until there is work. */
  readonly awake: boolean;
  readonly hasWork: boolean;
  readonly round: number;
  readonly step: Step;
  readonly locked: ValueInRound | null;
  readonly valid: ValueInRound | null;
  readonly votes: VoteLog;
  /** By round, in the order of arrival, at most two each. */
  readonly proposals: ReadonlyMap<number, readonly ReceivedProposal[]>;
  readonly values: ReadonlyMap<Hex32, KnownValue>;
  readonly verdicts: ReadonlyMap<Hex32, Verdict>;
  /** Own precommits for values: id -> highest round. What rule 17 holds this validator to. */
  readonly precommitted: ReadonlyMap<Hex32, number>;
  /** What happens once: `name:round` or `name:id`. */
  readonly done: ReadonlySet<string>;
  readonly polkas: readonly Certificate[];
  /** The quorum for a value that this node finds invalid, if there is one: it signs nothing more. */
  readonly diverged: ValueInRound | null;
}

export interface Outcome {
  readonly state: State;
  readonly effects: readonly Effect[];
}
