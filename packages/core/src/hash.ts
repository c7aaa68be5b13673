// Owns: the one hash of Consilium (SHA-256) and the tags that keep its uses apart.
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { concat, type Hex32, toHex, utf8 } from './bytes.ts';

export const HASH_BYTES = 32;
export const ZERO_HASH: Hex32 = '0'.repeat(64);

/** SHA-256 of the bytes; 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return nobleSha256(bytes);
}

/** An engine of SHA-256. A caller with a faster one passes its own; the digests must be the same. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

export function hashHex(bytes: Uint8Array): Hex32 {
  return toHex(sha256(bytes));
}

/**
 * Hashes many 64-byte blocks laid end to end; returns their 32-byte digests end to end.
 * A caller with a batched engine passes its own; the digests must be the same.
 */
export type HashBlocks64 = (blocks: Uint8Array) => Uint8Array;

export const hashBlocks64: HashBlocks64 = (blocks) => {
  const count = blocks.length / 64;
  const digests = new Uint8Array(count * HASH_BYTES);
  for (let index = 0; index < count; index += 1) {
    digests.set(sha256(blocks.subarray(index * 64, index * 64 + 64)), index * HASH_BYTES);
  }
  return digests;
};

/** Domain tags are ASCII padded with zeros to this many bytes: no tag is a prefix of another's message. */
export const DOMAIN_TAG_BYTES = 32;

export function domainTag(name: string): Uint8Array {
  const text = utf8(name);
  if (text.length > DOMAIN_TAG_BYTES) throw new Error('invariant: domain tag too long');
  const tag = new Uint8Array(DOMAIN_TAG_BYTES);
  tag.set(text);
  return tag;
}

/** SHA-256(tag32 || bytes), as hex. */
export function taggedHash(name: string, bytes: Uint8Array): Hex32 {
  return hashHex(concat(domainTag(name), bytes));
}
