// Owns: the id of a blob, taken without holding up the thread that counts votes.
import { webcrypto } from 'node:crypto';
import { type Hex32, toHex } from '@consilium/core';
import { sha256Native } from '../crypto/sha256-native.ts';
import { VAULT_HASH_INLINE_BYTES_MAX } from '../limits.ts';

/** SHA-256 of the bytes. */
export async function contentId(bytes: Uint8Array): Promise<Hex32> {
  if (bytes.length <= VAULT_HASH_INLINE_BYTES_MAX) return toHex(sha256Native(bytes));
  return toHex(new Uint8Array(await webcrypto.subtle.digest('SHA-256', bytes)));
}
