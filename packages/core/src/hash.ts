// Owns: the one hash of Consilium (SHA-256) and the tags that keep its uses apart.
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { concat, type Hex32, toHex, utf8 } from './bytes.ts';

export const HASH_BYTES = 32;
export const ZERO_HASH: Hex32 = '0'.repeat(64);

/** An engine of SHA-256. A caller with a faster one passes its own; the digests must be the same. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

export interface HashEngine {
  readonly sha256: Sha256;
  /** The same as lower-case hex. */
  readonly sha256Hex: (bytes: Uint8Array) => Hex32;
}

const OWN_ENGINE: HashEngine = { sha256: nobleSha256, sha256Hex: (bytes) => toHex(nobleSha256(bytes)) };

let engine = OWN_ENGINE;

/** For a process that has a faster engine than core's own. It is tried before it is taken. */
export function useHashEngine(faster: HashEngine): void {
  for (const length of [0, 1, 55, 56, 64, 1000]) {
    const sample = new Uint8Array(length).fill(length);
    const expected = OWN_ENGINE.sha256Hex(sample);
    if (toHex(faster.sha256(sample)) !== expected || faster.sha256Hex(sample) !== expected)
      throw new Error('invariant: an engine of SHA-256 that gives other digests');
  }
  engine = faster;
}

/** SHA-256 of the bytes; 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return engine.sha256(bytes);
}

export function hashHex(bytes: Uint8Array): Hex32 {
  return engine.sha256Hex(bytes);
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
