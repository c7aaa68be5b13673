// Owns: what a replica is given, what it tells, and its status, as types.
import type {
  Block,
  Certificate,
  ConsiliumError,
  Execution,
  Hex32,
  LedgerDeps,
  ScheduledUpgrade,
} from '@consilium/core';
import type { Skip } from '../mempool/skips.ts';
import type { WireMessage } from '../messages/wire.ts';
import type { Clock, Kv, Net, Report } from '../ports.ts';
import type { HeightLog, MessageSigner } from './agreement.ts';
import type { Tip } from './chain.ts';
import type { CommittedBy } from './committer.ts';
import type { LedgerDesk } from './ledger-desk.ts';
import type { Pool } from './pool.ts';

/** `hearing`: just started, and no quorum was heard yet. `away`: whoever signs for this node does not answer. */
export type SigningMode = 'signing' | 'hearing' | 'observing' | 'stopped' | 'observer' | 'away';

/** Whether this node may sign, by its signing record and what it heard (signing/guard.ts). */
export interface SigningGuard {
  maySign(height: number): 'yes' | 'observing' | 'stopped';
  heightBegan(height: number, by: 'decision' | 'sync'): void;
  /** Payload and position of an own message that came from outside; whether the log of its height holds it. */
  heardOwn(message: HeardOwn): 'normal' | 'foreign';
  /** The place of an own vote that a committed certificate holds. */
  foundCommitted(height: number, round: number): 'normal' | 'behind' | 'foreign';
  /** The arrival is over in this height, and nobody heard was ahead. */
  arrived(height: number): void;
}

export interface HeardOwn {
  readonly kind: 'proposal' | 'prevote' | 'precommit';
  readonly height: number;
  readonly round: number;
  readonly payload: Uint8Array;
  readonly heldByLog: boolean;
}

/** A commit, told to whoever listens after its batch is durable. */
export interface Committed {
  readonly block: Block;
  readonly blockId: Hex32;
  readonly certificate: Certificate;
  readonly execution: Execution;
  /** What waited here and the block left out; nothing when it came by sync. */
  readonly skips: readonly Skip[];
  /** Polkas and commit that this node acted on; for checkers and accountability. */
  readonly by: CommittedBy;
}

export interface ReplicaDeps {
  /** Account id of this node's institution. */
  readonly self: Hex32;
  readonly ledgerDeps: LedgerDeps;
  readonly ledger: LedgerDesk;
  readonly kv: Kv;
  readonly log: HeightLog;
  readonly signer: MessageSigner;
  readonly guard: SigningGuard;
  /** Whether the signer has the secret of this validator key: a rotation may have come before the key. */
  readonly holdsKey: (validatorKey: Hex32) => boolean;
  readonly pool: Pool;
  readonly net: Net;
  readonly clock: Clock;
  readonly report: Report;
  /** In the place of `decodeMessage`: the same answers, faster. */
  readonly decodeMessage?: (bytes: Uint8Array) => WireMessage;
  readonly onCommit: (committed: Committed) => void;
  /** A durable write failed, or this node finds a decided block invalid: what is left of it must be looked at. */
  readonly onFailure: (error: ConsiliumError) => void;
}

/** By which version of the protocol the next height is decided, and which one is decided to follow. */
export interface ProtocolStatus {
  readonly version: number;
  /** The newest that this node knows. */
  readonly supported: number;
  readonly upgrade: ScheduledUpgrade | null;
}

export interface ReplicaStatus {
  readonly tip: Tip;
  readonly round: number;
  readonly step: string;
  readonly awake: boolean;
  readonly signing: SigningMode;
  /** Whether it might sign if it were in the set, by its signing record and what it heard. */
  readonly permission: 'yes' | 'observing' | 'stopped';
  readonly diverged: boolean;
  readonly protocol: ProtocolStatus;
  /** Highest tip that a connected peer claims. */
  readonly claimedTip: number;
  /** How far most peers' clocks are from this one; undefined when too few were heard. Milliseconds. */
  readonly clockOffsetMs: number | undefined;
}
