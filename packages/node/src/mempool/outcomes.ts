// Owns: what the pool answers: to a client, about a transaction, of a peer. Does not own: the reasons.
import { type ConsiliumError, codeOf, type ErrorCode, type ErrorData, type Refusal } from '@consilium/core';

/** Rule of a refusal: the institution has more waiting than its part while others send too. */
export const OVER_ITS_PART = 'part of the pool';

/** `received` may still be lost. `retryAfterMs`: of refusals for want of room or quota; the same bytes will do. */
export type SubmitOutcome =
  | { readonly state: 'received' }
  | {
      readonly state: 'refused';
      readonly code: ErrorCode;
      readonly data?: ErrorData;
      readonly retryAfterMs?: number;
    };

/** Of a transaction that no block of this node holds. */
export type PoolState =
  | { readonly state: 'pending' }
  | { readonly state: 'refused'; readonly code: ErrorCode }
  | { readonly state: 'unknown' };

const FOR_WANT_OF_ROOM: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['MEMPOOL_FULL', 'TX_QUOTA_EXCEEDED']);
/** No correct node relays these, whatever block it is at. */
const FAULT_OF_PEER: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ENCODING_INVALID',
  'ENCODING_TOO_LARGE',
  'TX_NETWORK_MISMATCH',
]);

export function refusedOutcome({ code, data }: ConsiliumError, retryMs: number): SubmitOutcome {
  const retry = FOR_WANT_OF_ROOM.has(code) ? { retryAfterMs: retryMs } : {};
  return { state: 'refused', code, data, ...retry };
}

export function refusalOfPeer(code: ErrorCode): Refusal {
  return { verdict: FAULT_OF_PEER.has(code) ? 'reject' : 'ignore', code };
}

/** What was thrown, if it is a refusal; anything without a code is a broken invariant of ours and is thrown on. */
export function refusalThrown(error: unknown): ConsiliumError {
  if (codeOf(error) === undefined) throw error;
  return error as ConsiliumError;
}
