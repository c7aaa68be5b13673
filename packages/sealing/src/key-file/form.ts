// Owns: what stands in a key file, plain or under a passphrase, and which cost of scrypt is taken. Does not own: reading one
// (key-file.ts), opening one (sealed-key-file.ts).
import { ConsiliumError, type Hex32, isHexOf } from '@consilium/core';
import { SCRYPT_COST_MAX, SCRYPT_COST_MIN, SCRYPT_R, TAG_BYTES } from '../limits.ts';

export const KEY_FILE_KIND = 'consilium-key';
export const KEY_FILE_VERSION = 1;

/** What stands in a key file for everybody to read, under a passphrase or not. */
export interface KeyFileHead {
  readonly kind: typeof KEY_FILE_KIND;
  /** What a person calls it: `--as NAME`. */
  readonly name: string;
  /** `institution`, `validator`, `network`, `custody` (X25519), `clinician`, ... */
  readonly role: string;
  /** Stays while keys rotate. */
  readonly account: Hex32;
  readonly publicKey: Hex32;
  /** Derived from a public seed: everybody can have it. Not said of people's keys. */
  readonly development?: boolean;
}

export interface KeyFile extends KeyFileHead {
  readonly version: typeof KEY_FILE_VERSION;
  /** RFC 8032 seed, or the private key of RFC 7748. */
  readonly seed: Hex32;
}

export const SEALED_KEY_FILE_VERSION = 2;
export const SALT_BYTES = 32;
export const NONCE_BYTES = 12;
export const KDF = 'scrypt';
export const CIPHER = 'aes-256-gcm';

/** How the key of the encryption comes of the passphrase (RFC 7914). It takes 128 * n * r bytes of memory. */
export interface KeyDerivation {
  readonly kdf: typeof KDF;
  readonly n: number;
  readonly r: number;
  readonly p: number;
  /** Hex. */
  readonly salt: string;
}

export interface KeySealing extends KeyDerivation {
  readonly cipher: typeof CIPHER;
  /** Hex. */
  readonly nonce: string;
  /** The 32 bytes of the seed and the tag, as hex. Everything else in the file is its associated data. */
  readonly ciphertext: string;
}

export interface SealedKeyFile extends KeyFileHead {
  readonly version: typeof SEALED_KEY_FILE_VERSION;
  readonly encryption: KeySealing;
}

export function isSealedKey(file: KeyFile | SealedKeyFile): file is SealedKeyFile {
  return file.version === SEALED_KEY_FILE_VERSION;
}

/** Throws `KEY_FILE_MALFORMED` {rule}; a cost out of bounds too, so that no file takes more memory than a machine has. */
export function sealingOf(
  raw: Readonly<Record<string, unknown>>,
): Pick<SealedKeyFile, 'version' | 'encryption'> {
  const { version, encryption, seed } = raw;
  if (version !== SEALED_KEY_FILE_VERSION || seed !== undefined) throw malformed('version');
  if (typeof encryption !== 'object' || encryption === null) throw malformed('encryption');
  const { kdf, n, r, p, salt, cipher, nonce, ciphertext } = encryption as Record<string, unknown>;
  if (kdf !== KDF || cipher !== CIPHER) throw malformed('method');
  if (!isCost(n) || r !== SCRYPT_R || p !== 1) throw malformed('cost');
  if (!isHexOf(salt, SALT_BYTES) || !isHexOf(nonce, NONCE_BYTES)) throw malformed('salt or nonce');
  if (!isHexOf(ciphertext, 32 + TAG_BYTES)) throw malformed('ciphertext');
  return {
    version: SEALED_KEY_FILE_VERSION,
    encryption: { kdf, n, r, p, salt, cipher, nonce, ciphertext },
  };
}

function isCost(n: unknown): n is number {
  const isInRange =
    Number.isSafeInteger(n) && (n as number) >= SCRYPT_COST_MIN && (n as number) <= SCRYPT_COST_MAX;
  return isInRange && Number.isInteger(Math.log2(n as number));
}

function malformed(rule: string): ConsiliumError {
  return new ConsiliumError('KEY_FILE_MALFORMED', { rule });
}
