// Owns: signatures that nobody in the simulation can forge, at a fraction of Ed25519's price: the registry alone knows
// each key's seed, and a signature is SHA-256 of seed and message, twice. Real Ed25519 signatures verify as well.
import {
  concat,
  fromHex,
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

export type SignatureKind = 'fast' | 'real';

/** `real`: Ed25519 by core's pinned rule, at the same call sites. */
export function createKeyRegistry(kind: SignatureKind): KeyRegistry {
  if (kind === 'real') return { sign: signEd25519, verify: verifyEd25519 };
  const seeds = new Map<Hex32, Uint8Array>();
  return {
    sign: (secret, message) => {
      seeds.set(secret.publicKey, secret.seed);
      return registrySignature(secret.seed, message);
    },
    verify: (key, signature, message) => {
      const seed = seeds.get(key);
      if (seed !== undefined && registrySignature(seed, message) === signature) return true;
      return !isRegistrySignature(signature) && verifyEd25519(key, signature, message);
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
