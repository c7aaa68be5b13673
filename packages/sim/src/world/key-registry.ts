// Owns: signatures that nobody in the simulation can forge, at a fraction of Ed25519's price: the registry alone knows
// each key's secret, and a signature is SHA-256 of secret and message, twice. Real keys run through it unchanged.
import {
  concat,
  type Hex32,
  type Hex64,
  hashHex,
  type SecretKey,
  signEd25519,
  type Verify,
  verifyEd25519,
} from '@consilium/core';

export interface KeyRegistry {
  sign(secret: SecretKey, message: Uint8Array): Hex64;
  readonly verify: Verify;
}

/** `real`: Ed25519 by core's pinned rule, with the same call sites. */
export function createKeyRegistry(kind: 'fast' | 'real'): KeyRegistry {
  if (kind === 'real') return { sign: signEd25519, verify: verifyEd25519 };
  const seeds = new Map<Hex32, Uint8Array>();
  const signatureOf = (seed: Uint8Array, message: Uint8Array): Hex64 => {
    const half = hashHex(concat(seed, message));
    return half + half;
  };
  return {
    sign: (secret, message) => {
      seeds.set(secret.publicKey, secret.seed);
      return signatureOf(secret.seed, message);
    },
    verify: (key, signature, message) => {
      const seed = seeds.get(key);
      return seed !== undefined && signatureOf(seed, message) === signature;
    },
  };
}
