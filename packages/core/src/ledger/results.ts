// Owns: the result of a transaction as committed under a header's resultRoot.
import type { Hex32 } from '../bytes.ts';
import { decode, encode, hex32, integer, list, nullable, oneOf, type Shape, struct } from '../codec.ts';
import { ERRORS, type ErrorCode } from '../errors.ts';
import { OBJECT_BYTES_MAX, TX_ACTIONS_MAX } from '../limits.ts';
import { type Outcome, outcomeShape } from './context.ts';

export interface TxResult {
  readonly txId: Hex32;
  /** A failed transaction stands in its block and changed nothing. */
  readonly code: 'OK' | ErrorCode;
  /** Position of the action that failed; null when none did. */
  readonly failedAction: number | null;
  /** One per action, in their order; none when one failed. */
  readonly outcomes: readonly Outcome[];
}

export const txResultShape: Shape<TxResult> = struct<TxResult>({
  txId: hex32,
  code: oneOf('OK', ...(Object.keys(ERRORS) as ErrorCode[])),
  failedAction: nullable(integer(0, TX_ACTIONS_MAX - 1)),
  outcomes: list(outcomeShape, TX_ACTIONS_MAX),
});

export function encodeTxResult(result: TxResult): Uint8Array {
  return encode(txResultShape, result);
}

/** Throws `ENCODING_TOO_LARGE` or `ENCODING_INVALID`. */
export function decodeTxResult(bytes: Uint8Array): TxResult {
  return decode(txResultShape, bytes, OBJECT_BYTES_MAX);
}
