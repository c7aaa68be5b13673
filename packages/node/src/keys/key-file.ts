// Owns: the key file as text: one account's or daemon's secret with what it is for. The fields are those of every key
// file of Consilium, so that `--as keys/account.json` signs as the institution. Does not own: where it lies.
import {
  accountIdOf,
  ConsiliumError,
  fromHex,
  type Hex32,
  isHexOf,
  isLedgerKey,
  type SecretKey,
  secretKeyFromSeed,
  toHex,
} from '@consilium/core';
import { type EncryptionKey, encryptionKeyFromSeed } from '@consilium/sealing';

export const KEY_FILE_KIND = 'consilium-key';
export const KEY_FILE_VERSION = 1;

/**
 * `institution` signs transactions, `validator` proposals, votes and what a custodian says, `network` proves who is at the
 * other end, `custody` (X25519) opens the shares that are sealed to this institution.
 */
export type KeyRole = 'institution' | 'validator' | 'network' | 'custody';

/** 32 bytes and the public key that comes of them: Ed25519, or X25519 for the role `custody`. */
export type NodeSecret = SecretKey | EncryptionKey;

export interface NodeKey {
  readonly role: KeyRole;
  /** The institution's name, for people. */
  readonly name: string;
  /** The institution's account id: of the first key of role `institution`. */
  readonly account: Hex32;
  readonly secret: NodeSecret;
  /** Derived from a public seed: everybody can have it. */
  readonly development: boolean;
}

export interface NodeKeys {
  readonly account: NodeKey;
  readonly validator: NodeKey;
  readonly network: NodeKey;
  readonly custody: NodeKey;
}

export type NodeSecrets = { readonly [K in keyof NodeKeys]: NodeSecret };

/** The secret of this role that comes of 32 bytes. */
export function secretOfSeed(role: KeyRole, seed: Uint8Array): NodeSecret {
  return role === 'custody' ? encryptionKeyFromSeed(seed) : secretKeyFromSeed(seed);
}

/** The four keys of a new institution, whose account id comes from its account key. */
export function createNodeKeys(name: string, secrets: NodeSecrets, development: boolean): NodeKeys {
  const account = accountIdOf(secrets.account.publicKey);
  const keyOf = (role: KeyRole, secret: NodeSecret): NodeKey => ({
    role,
    name,
    account,
    secret,
    development,
  });
  return {
    account: keyOf('institution', secrets.account),
    validator: keyOf('validator', secrets.validator),
    network: keyOf('network', secrets.network),
    custody: keyOf('custody', secrets.custody),
  };
}

export function keyToText(key: NodeKey): string {
  const content = {
    kind: KEY_FILE_KIND,
    version: KEY_FILE_VERSION,
    name: key.name,
    role: key.role,
    account: key.account,
    publicKey: key.secret.publicKey,
    seed: toHex(key.secret.seed),
    development: key.development,
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

/** Throws `KEY_FILE_MALFORMED` {file, rule}; a refusal never says what stands in the file. */
export function keyFromText(text: string, role: KeyRole, file: string): NodeKey {
  const refuse = (rule: string): ConsiliumError => new ConsiliumError('KEY_FILE_MALFORMED', { file, rule });
  const raw = parseObject(text);
  if (raw?.['kind'] !== KEY_FILE_KIND) throw refuse('not a key file');
  const { version, name, account, publicKey, seed, development } = raw;
  if (version !== KEY_FILE_VERSION) throw refuse('version');
  if (raw['role'] !== role) throw refuse(`not a key of role ${role}`);
  if (typeof name !== 'string' || !isHexOf(account, 32)) throw refuse('name or account');
  if (typeof development !== 'boolean') throw refuse('development');
  if (!isHexOf(publicKey, 32) || !isHexOf(seed, 32)) throw refuse('keys');
  if (role !== 'custody' && !isLedgerKey(publicKey)) throw refuse('keys');
  const secret = secretOfSeed(role, fromHex(seed));
  if (secret.publicKey !== publicKey) throw refuse('seed and public key differ');
  return { role, name, account, secret, development };
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
