// Owns: encryption keys of people, institutions and readers: X25519. Does not own: how seeds are derived and kept.
import { type Hex32, x25519PublicKey } from '@consilium/core';

/** A key pair of X25519 (RFC 7748): `seed` is the private key as bytes. */
export interface EncryptionKey {
  readonly seed: Uint8Array;
  readonly publicKey: Hex32;
}

export function encryptionKeyFromSeed(seed: Uint8Array): EncryptionKey {
  return { seed, publicKey: x25519PublicKey(seed) };
}
