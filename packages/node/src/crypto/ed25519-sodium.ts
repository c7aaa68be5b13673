// Owns: the validator's Ed25519 engine: libsodium through sodium-native, about 25 times core's own in speed. It follows
// the pinned rule of core's `verifyEd25519` (docs/protocol.md, "Signatures"); the vectors run on both. No fallback: a
// machine on which it does not load must not vote.
import {
  fromHex,
  type Hex32,
  type Hex64,
  type SecretKey,
  toHex,
  tryFromHex,
  type Verify,
} from '@consilium/core';
import sodium from 'sodium-native';

export const verifySodium: Verify = (key, signature, message) => {
  const keyBytes = tryFromHex(key);
  const signatureBytes = tryFromHex(signature);
  if (keyBytes?.length !== 32 || signatureBytes?.length !== 64) return false;
  return sodium.crypto_sign_verify_detached(signatureBytes, message, keyBytes);
};

/** As core's `isLedgerKey`: libsodium asks the same of a point. */
export function isLedgerKeySodium(key: Hex32): boolean {
  const bytes = tryFromHex(key);
  return bytes?.length === 32 && sodium.crypto_core_ed25519_is_valid_point(bytes);
}

/**
 * Signs bytes as they are. The secret stays in libsodium's form, seed followed by the public key, in memory that is neither
 * swapped out nor dumped.
 */
export function createSodiumSigner(secret: SecretKey): (message: Uint8Array) => Hex64 {
  const expanded = sodium.sodium_malloc(64);
  expanded.set(secret.seed);
  expanded.set(fromHex(secret.publicKey), 32);
  sodium.sodium_mprotect_readonly(expanded);
  return (message) => {
    const signature = new Uint8Array(64);
    sodium.crypto_sign_detached(signature, message, expanded);
    return toHex(signature);
  };
}
