// Owns: tokens of the API: how one is made, its form, and its hash, which is all that a node keeps of it. Does not own:
// what a token may do (api/roles.ts).
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Random } from '../ports.ts';

/** 256 random bits behind a prefix by which scanners of leaked secrets know it. */
const TOKEN_FORM = /^cst_[A-Za-z0-9_-]{43}$/;
const TOKEN_BYTES = 32;

export function createToken(random: Random): string {
  return `cst_${Buffer.from(random.bytes(TOKEN_BYTES)).toString('base64url')}`;
}

export function isToken(text: string): boolean {
  return TOKEN_FORM.test(text);
}

/** A token has the entropy of a key, so one plain hash hides it. */
export function tokenHash(token: string): Uint8Array {
  return createHash('sha256').update(token, 'utf8').digest();
}

/** In a time that does not depend on where they differ. */
export function isSameHash(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
