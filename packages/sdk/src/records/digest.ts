// Owns: the name of a piece of ciphertext, by the platform's own engine: a piece is a megabyte.
import { type Hex32, toHex } from '@consilium/core';

/** SHA-256 of the bytes. */
export async function blobIdOf(bytes: Uint8Array): Promise<Hex32> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes.slice())));
}
