// Owns: wraps: a record's secret sealed to the patient's own key. Does not own: who gets one.
import { concat, domainTag, fromHex, type Hex32, isSecretScalar } from '@consilium/core';
import { type Sealed, seal, unseal } from './envelope.ts';
import type { EncryptionKey } from './keys.ts';
import { sealInvalid } from './refusals.ts';

/** Seals a record's secret scalar to the patient's own key, bound to network and record. */
export async function wrapSecret(
  publicKey: Hex32,
  genesis: Hex32,
  commitment: Hex32,
  secret: Uint8Array,
): Promise<Sealed> {
  if (!isSecretScalar(secret)) throw new Error('invariant: not a secret scalar');
  return seal(publicKey, wrapInfo(genesis), fromHex(commitment), secret);
}

/** The secret of a wrap. SEAL_INVALID: as `unseal`, or what was wrapped is no secret scalar. */
export async function unwrapSecret(
  key: EncryptionKey,
  genesis: Hex32,
  commitment: Hex32,
  wrap: Sealed,
): Promise<Uint8Array> {
  const secret = await unseal(key, wrap, wrapInfo(genesis), fromHex(commitment));
  if (!isSecretScalar(secret)) throw sealInvalid();
  return secret;
}

function wrapInfo(genesis: Hex32): Uint8Array {
  return concat(domainTag('consilium/wrap/v1'), fromHex(genesis));
}
