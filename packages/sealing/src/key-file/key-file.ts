// Owns: the key file as text, for everybody who reads or writes one: an institution's, a daemon's, a clinician's. Does
// not own: key files under a passphrase (sealed-key-file.ts), where a file lies and who may read it (the caller's).
import {
  accountIdOf,
  ConsiliumError,
  fromHex,
  type Hex32,
  isHexOf,
  isLedgerKey,
  NAME_LENGTH_MAX,
  type SecretKey,
  secretKeyFromSeed,
  toHex,
} from '@consilium/core';
import { type EncryptionKey, encryptionKeyFromSeed } from '../keys.ts';
import { KEY_FILE_CHARS_MAX, KEY_ROLE_LENGTH_MAX } from '../limits.ts';
import {
  isSealedKey,
  KEY_FILE_KIND,
  KEY_FILE_VERSION,
  type KeyFile,
  type KeyFileHead,
  type SealedKeyFile,
  sealingOf,
} from './form.ts';

/** 32 bytes and the public key that comes of them: Ed25519, or X25519 for the role `custody`. */
export type RoleSecret = SecretKey | EncryptionKey;

export function secretOfSeed(role: string, seed: Uint8Array): RoleSecret {
  return role === 'custody' ? encryptionKeyFromSeed(seed) : secretKeyFromSeed(seed);
}

/** `account`: of a key that is not the account's first. */
export function createKeyFile(
  name: string,
  role: string,
  key: RoleSecret,
  account: Hex32 = accountIdOf(key.publicKey),
): KeyFile {
  const { publicKey, seed } = key;
  const head = { kind: KEY_FILE_KIND, version: KEY_FILE_VERSION, name, role, account, publicKey } as const;
  return { ...head, seed: toHex(seed) };
}

/** The same text for the same key, whoever made the object. */
export function formatKeyFile(file: KeyFile | SealedKeyFile): string {
  const { kind, version, name, role, account, publicKey, ...rest } = file;
  return `${JSON.stringify({ kind, version, name, role, account, publicKey, ...rest }, null, 2)}\n`;
}

/** Throws `KEY_FILE_ENCRYPTED` for one under a passphrase, and as `readKeyFile`. */
export function parseKeyFile(text: string): KeyFile {
  const file = readKeyFile(text);
  if (isSealedKey(file)) throw new ConsiliumError('KEY_FILE_ENCRYPTED');
  return file;
}

/** Either form. Throws `KEY_FILE_MALFORMED` {rule}, which never says what stands in the file. */
export function readKeyFile(text: string): KeyFile | SealedKeyFile {
  const raw = parseObject(text);
  if (raw?.['kind'] !== KEY_FILE_KIND) throw malformed('not a key file');
  const head = headOf(raw);
  if (raw['version'] !== KEY_FILE_VERSION) return { ...head, ...sealingOf(raw) };
  const { seed } = raw;
  if (!isHexOf(seed, 32)) throw malformed('keys');
  return checkedKeyFile({ ...head, version: KEY_FILE_VERSION, seed });
}

/** That the seed is of the public key. */
export function checkedKeyFile(file: KeyFile): KeyFile {
  if (secretOfSeed(file.role, fromHex(file.seed)).publicKey !== file.publicKey)
    throw malformed('seed and public key differ');
  return file;
}

function headOf(raw: Readonly<Record<string, unknown>>): KeyFileHead {
  const { name, role, account, publicKey, development } = raw;
  if (typeof name !== 'string' || name.length > NAME_LENGTH_MAX || !isHexOf(account, 32))
    throw malformed('name or account');
  if (typeof role !== 'string' || role.length > KEY_ROLE_LENGTH_MAX) throw malformed('role');
  if (development !== undefined && typeof development !== 'boolean') throw malformed('development');
  if (!isHexOf(publicKey, 32) || (role !== 'custody' && !isLedgerKey(publicKey))) throw malformed('keys');
  const head = { kind: KEY_FILE_KIND, name, role, account, publicKey } as const;
  return development === undefined ? head : { ...head, development };
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  if (text.length > KEY_FILE_CHARS_MAX) throw malformed('too long');
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function malformed(rule: string): ConsiliumError {
  return new ConsiliumError('KEY_FILE_MALFORMED', { rule });
}
