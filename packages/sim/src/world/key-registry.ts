// Owns: signatures that nobody in the simulation can forge, at a fraction of Ed25519's price: the registry alone knows
// each key's seed, and a signature is SHA-256 of seed and message, twice. Real Ed25519 signatures verify as well, by the
// daemon's engine.
import {
  concat,
  fromHex,
  type Hex32,
  type Hex64,
  hashHex,
  type SecretKey,
  type Verify,
} from '@consilium/core';
import { createSodiumSigner, verifySodium } from '@consilium/node/engines';

export interface KeyRegistry {
  sign(secret: SecretKey, message: Uint8Array): Hex64;
  readonly verify: Verify;
}

export type SignatureKind = 'fast' | 'real';

/** `real`: Ed25519 by the pinned rule, at the same call sites. */
export function createKeyRegistry(kind: SignatureKind): KeyRegistry {
  if (kind === 'real')
    return { sign: (secret, message) => createSodiumSigner(secret)(message), verify: verifySodium };
  const seeds = new Map<Hex32, Uint8Array>();
  return {
    sign: (secret, message) => {
      seeds.set(secret.publicKey, secret.seed);
      return registrySignature(secret.seed, message);
    },
    verify: (key, signature, message) => {
      const seed = seeds.get(key);
      if (seed !== undefined && registrySignature(seed, message) === signature) return true;
      return !isRegistrySignature(signature) && verifySodium(key, signature, message);
    },
  };
}

function registrySignature(seed: Uint8Array, message: Uint8Array): Hex64 {
  const half = hashHex(concat(seed, message));
  return half + half;
}

/** Two equal halves: no Ed25519 signature has them. */
function isRegistrySignature(signature: Hex64): boolean {
  return fromHex(signature).length === 64 && signature.slice(0, 64) === signature.slice(64);
}
