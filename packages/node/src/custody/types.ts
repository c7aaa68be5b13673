// Owns: what custody is given and what it tells, as types.
import {
  type Action,
  type ConsiliumError,
  type ErrorCode,
  type Genesis,
  type Group,
  type Hex32,
  type Hex64,
  isConsiliumError,
  type Sha256,
  type StateReader,
  type Verify,
} from '@consilium/core';
import type { CustodyMessage } from '../messages/custody.ts';
import type { Clock, Done, Kv, Peers, Report, Sealer, Vault } from '../ports.ts';
import type { Tip } from '../replica/chain.ts';
import type { CompactRange } from '../replica/pruner.ts';

/** What is counted, for metrics. */
export type Counted = 'package' | 'receipt' | 'release' | 'refusal' | 'repair' | 'resharing';
export type Count = (what: Counted, code?: ErrorCode) => void;

/** What a custodian says under the validator's key. */
export type StatementDomain = 'custodyReceipt' | 'custodyRelease' | 'custodyDealing';

/**
 * With the validator's key, at once or later; undefined when what holds it is away. `epoch`: of custody, by whose key of
 * this node the word is checked.
 */
export type SignStatement = (
  domain: StatementDomain,
  payload: Uint8Array,
  done: (signature: Hex64 | undefined) => void,
  epoch?: number,
) => void;

export interface CustodyDeps {
  /** Account id of this node's institution. */
  readonly self: Hex32;
  readonly genesis: Genesis;
  readonly genesisHash: Hex32;
  readonly kv: Kv;
  readonly vault: Vault;
  readonly net: Peers;
  readonly clock: Clock;
  readonly report: Report;
  readonly count: Count;
  readonly verify: Verify;
  readonly group: Group;
  readonly sha256: Sha256;
  readonly sealer: Sealer;
  readonly tip: () => Tip;
  /** Why this node may release nothing now, by its signing record and its ledger; undefined when it may. */
  readonly standing: () => ErrorCode | undefined;
  /** Encoded light steps from a height towards the tip, and the height that they show. */
  readonly lightSteps: (from: number, done: (shown: ShownHeight) => void) => void;
  readonly sign: SignStatement;
  /** Hands in a transaction of this institution; whether it came to anything is seen on the ledger. */
  readonly submit: (action: Action) => void;
  /** `done` when nothing is left in the files of the store of what was written over in these ranges. */
  readonly compact: (ranges: readonly CompactRange[], done: Done) => void;
}

export interface ShownHeight {
  readonly height: number;
  readonly steps: Uint8Array;
}

/** The ledger as custody sees it: always the last committed state. */
export interface LedgerSight {
  readonly state: StateReader;
  readonly tip: () => Tip;
}

export type Send = (peer: Hex32, message: CustodyMessage) => boolean;

/** A result or the coded refusal of it. */
export type Outcome<T> = T | ConsiliumError;

/** The result, or the coded error that was thrown instead. */
export function orError<T>(run: () => T): Outcome<T> {
  try {
    return run();
  } catch (error) {
    if (isConsiliumError(error)) return error;
    throw error;
  }
}
