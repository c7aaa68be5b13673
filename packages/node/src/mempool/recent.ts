// Owns: what became of transactions that are no longer in the pool, for a bounded while, so that a repeat is cheap and
// a client gets its answer. Does not own: what is committed for good (the store and the ledger's replay set).
import type { ErrorCode, Hex32 } from '@consilium/core';
import { createGenerations } from './generations.ts';

export type Fate =
  | { readonly state: 'committed' }
  /** `height`: of the chain when it was refused. */
  | { readonly state: 'refused'; readonly code: ErrorCode; readonly height: number };

/** No later state of the ledger makes these bytes acceptable. */
const FINAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ENCODING_INVALID',
  'ENCODING_TOO_LARGE',
  'TX_DUPLICATE',
  'TX_EXPIRED',
  'TX_NETWORK_MISMATCH',
]);
/** About room or time, not about the transaction: the same bytes may be welcome a moment later. */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'MEMPOOL_FULL',
  'TX_QUOTA_EXCEEDED',
  'TX_VALIDITY_TOO_LONG',
]);

export interface RecentTxs {
  remember(txId: Hex32, fate: Fate): void;
  fate(txId: Hex32): Fate | undefined;
  /** The code with which a repeat at this height is refused unseen. */
  refusalOfRepeat(txId: Hex32, height: number): ErrorCode | undefined;
  forget(txId: Hex32): void;
}

/** Holds at most `countMax`; the oldest are forgotten first. */
export function createRecentTxs(countMax: number): RecentTxs {
  const fates = createGenerations<Fate>(countMax);

  const refusalOfRepeat = (txId: Hex32, height: number): ErrorCode | undefined => {
    const fate = fates.get(txId);
    if (fate === undefined) return undefined;
    if (fate.state === 'committed') return 'TX_DUPLICATE';
    if (FINAL.has(fate.code)) return fate.code;
    return fate.height === height && !PASSING.has(fate.code) ? fate.code : undefined;
  };

  return { remember: fates.set, fate: fates.get, refusalOfRepeat, forget: fates.delete };
}
