// Owns: the key file of an institution, a clinician or any other single account, as text. Does not own: where it lies
// and who may read it (0600, the caller's), a patient's wallet (wallet.ts).
import {
  accountIdOf,
  ConsiliumError,
  fromHex,
  type Hex32,
  isHexOf,
  type SecretKey,
  secretKeyFromSeed,
  toHex,
} from '@consilium/core';
import type { Signer } from './derive.ts';

export const KEY_FILE_KIND = 'consilium-key';

export interface KeyFile {
  readonly kind: typeof KEY_FILE_KIND;
  readonly version: 1;
  /** What a person calls it: `--as NAME`. */
  readonly name: string;
  /** `institution`, `clinician`, ... : for people; the ledger knows what the account may do. */
  readonly role: string;
  /** Stays while keys rotate. */
  readonly account: Hex32;
  readonly publicKey: Hex32;
  /** RFC 8032 seed. */
  readonly seed: Hex32;
}

/** `account`: of a key that is not the account's first. */
export function createKeyFile(name: string, role: string, key: SecretKey, account?: Hex32): KeyFile {
  return {
    kind: KEY_FILE_KIND,
    version: 1,
    name,
    role,
    account: account ?? accountIdOf(key.publicKey),
    publicKey: key.publicKey,
    seed: toHex(key.seed),
  };
}

export function formatKeyFile(file: KeyFile): string {
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** Throws `FILE_INVALID`; never says what stands in the file. */
export function parseKeyFile(text: string): KeyFile {
  const raw = parseObject(text, KEY_FILE_KIND);
  const { name, role, account, publicKey, seed } = raw;
  const whole =
    raw['version'] === 1 &&
    typeof name === 'string' &&
    typeof role === 'string' &&
    isHexOf(account, 32) &&
    isHexOf(publicKey, 32) &&
    isHexOf(seed, 32);
  if (!whole) throw new ConsiliumError('FILE_INVALID', { kind: KEY_FILE_KIND, rule: 'form' });
  if (secretKeyFromSeed(fromHex(seed)).publicKey !== publicKey)
    throw new ConsiliumError('FILE_INVALID', { kind: KEY_FILE_KIND, rule: 'seed and public key differ' });
  return { kind: KEY_FILE_KIND, version: 1, name, role, account, publicKey, seed };
}

export function signerOf({ account, seed }: KeyFile): Signer {
  return { account, key: secretKeyFromSeed(fromHex(seed)) };
}

/** The object in a file of ours. Throws `FILE_INVALID` when it is none of this kind. */
export function parseObject(text: string, kind: string): Readonly<Record<string, unknown>> {
  const value = tryParse(text);
  if (typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind)
    return value as Readonly<Record<string, unknown>>;
  throw new ConsiliumError('FILE_INVALID', { kind, rule: 'kind' });
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
