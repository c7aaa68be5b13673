// Owns: encryption keys of people, institutions and readers: X25519. Does not own: how seeds are derived and kept.
import { type Hex32, toHex } from '@consilium/core';
import { x25519 } from '@noble/curves/ed25519.js';

/** A key pair of X25519 (RFC 7748): `seed` is the private key as bytes. */
export interface EncryptionKey {
  readonly seed: Uint8Array;
  readonly publicKey: Hex32;
}

export function encryptionKeyFromSeed(seed: Uint8Array): EncryptionKey {
  if (seed.length !== 32) throw new Error('invariant: an X25519 seed has 32 bytes');
  return { seed, publicKey: toHex(x25519.getPublicKey(seed)) };
}
