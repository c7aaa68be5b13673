// Owns: blobs of a test. Imported by the processes that tests start as well, so without vitest.
import { type Hex32, hashHex } from '@consilium/core';

/** Bytes that differ from number to number, all over. */
export function blobOf(number: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = number + 1;
  for (let index = 0; index < length; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

export const idOf = (bytes: Uint8Array): Hex32 => hashHex(bytes);
