// Owns: X25519 keys, to which shares, releases and record keys are sealed.
import { type Hex32, toHex } from '@consilium/core';
import { x25519 } from '@noble/curves/ed25519.js';

export interface EncryptionKey {
  /** 32 bytes: the private key of RFC 7748. */
  readonly seed: Uint8Array;
  readonly publicKey: Hex32;
}

export function encryptionKeyFromSeed(seed: Uint8Array): EncryptionKey {
  if (seed.length !== 32) throw new Error('invariant: an X25519 private key has 32 bytes');
  return { seed, publicKey: toHex(x25519.getPublicKey(seed)) };
}
