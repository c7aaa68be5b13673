// Owns: how one seed gives many keys that nobody can link (hardened: only the seed's owner derives any of them).
import {
  concat,
  domainTag,
  fromHex,
  type Hex32,
  type SecretKey,
  secretKeyFromSeed,
  uint64Bytes,
  utf8,
} from '@consilium/core';
import { type EncryptionKey, encryptionKeyFromSeed } from '@consilium/sealing';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';

const NAMED_KEY_DOMAIN = 'consilium/key/named/v1';
const PATIENT_KEY_DOMAIN = 'consilium/key/patient/v1';
const PATIENT_ENCRYPTION_DOMAIN = 'consilium/key/patient-seal/v1';

/** Who signs: the account and its current key. The account keeps its id while keys rotate. */
export interface Signer {
  readonly account: Hex32;
  readonly key: SecretKey;
}

/** HKDF-SHA256 of the seed under the name: the same name gives the same key, another name an unrelated one. */
export function deriveNamedKey(seed: Uint8Array, name: string): SecretKey {
  return secretKeyFromSeed(hkdf(sha256, seed, domainTag(NAMED_KEY_DOMAIN), utf8(name), 32));
}

/**
 * The patient's key at one institution. Rotation 0 fixes the account id; a rotated key has the next number. Without
 * the seed the keys of two institutions show nothing in common.
 */
export function derivePatientKey(seed: Uint8Array, institution: Hex32, rotation: number): SecretKey {
  const info = concat(fromHex(institution), uint64Bytes(rotation));
  return secretKeyFromSeed(hkdf(sha256, seed, domainTag(PATIENT_KEY_DOMAIN), info, 32));
}

/** The X25519 key to which the patient's record keys of one institution are sealed, by the same rule. */
export function derivePatientEncryptionKey(
  seed: Uint8Array,
  institution: Hex32,
  rotation: number,
): EncryptionKey {
  const info = concat(fromHex(institution), uint64Bytes(rotation));
  return encryptionKeyFromSeed(hkdf(sha256, seed, domainTag(PATIENT_ENCRYPTION_DOMAIN), info, 32));
}
