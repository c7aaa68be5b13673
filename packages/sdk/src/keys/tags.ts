// Owns: the 16-byte tags that stand on the ledger in place of categories and labels. Whoever lacks the secret sees
// bytes; whoever holds it can explain them. Does not own: which labels imply which (the record rules).
import { concat, domainTag, fromHex, type Hex32, toHex, uint64Bytes, utf8 } from '@consilium/core';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';

const TAG_DOMAIN = 'consilium/tag/v1';
const TAG_BYTES = 16;

/**
 * First 16 bytes (as hex) of HMAC-SHA256(secret, domain || generation || label). `secret` is the 32-byte tag secret
 * made at enrolment; it outlives key rotations, because a rotated one would make a nested denial miss.
 */
export function tagOf(secret: Hex32, generation: number, label: string): string {
  const message = concat(domainTag(TAG_DOMAIN), uint64Bytes(generation), utf8(label));
  return toHex(hmac(sha256, fromHex(secret), message).subarray(0, TAG_BYTES));
}

/** Categories (`laboratory`) and sensitivity labels (`PSY`) have tags of their own, even under the same word. */
export function categoryTag(secret: Hex32, generation: number, category: string): string {
  return tagOf(secret, generation, `category:${category}`);
}

export function labelTag(secret: Hex32, generation: number, label: string): string {
  return tagOf(secret, generation, `label:${label}`);
}
