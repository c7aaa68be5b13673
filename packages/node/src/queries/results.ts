// Owns: the stored list of a block's results. Does not own: the form of one result (core's ledger).
import {
  BLOCK_TXS_MAX,
  byteString,
  decode,
  decodeTxResult,
  list,
  OBJECT_BYTES_MAX,
  type Shape,
} from '@consilium/core';

export const resultListShape: Shape<readonly Uint8Array[]> = list(
  byteString(OBJECT_BYTES_MAX),
  BLOCK_TXS_MAX,
);

export function decodeResultList(bytes: Uint8Array): readonly Uint8Array[] {
  return decode(resultListShape, bytes, OBJECT_BYTES_MAX);
}

/** `OK`, or why the transaction changed nothing. */
export function resultCode(result: Uint8Array): string {
  return decodeTxResult(result).code;
}
