// Owns: the four keys of a node and what each is for, to and from key files. Does not own: the form of a key file
// (@consilium/sealing), where it lies (store.ts).
import { accountIdOf, ConsiliumError, fromHex, type Hex32, isConsiliumError } from '@consilium/core';
import {
  createKeyFile,
  formatKeyFile,
  type KeyFile,
  type RoleSecret,
  readKeyFile,
  type SealedKeyFile,
  secretOfSeed,
} from '@consilium/sealing';

/**
 * `institution` signs transactions, `validator` proposals, votes and what a custodian says, `network` proves who is at the
 * other end, `custody` (X25519) opens the shares that are sealed to this institution.
 */
export type KeyRole = 'institution' | 'validator' | 'network' | 'custody';

export { secretOfSeed };
export type NodeSecret = RoleSecret;

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

/** Without the validator's key when a signer apart holds it. */
export interface DaemonKeys extends Omit<NodeKeys, 'validator'> {
  readonly validator: NodeKey | undefined;
}

export type NodeSecrets = { readonly [K in keyof NodeKeys]: NodeSecret };

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

export function keyFileOf({ role, name, account, secret, development }: NodeKey): KeyFile {
  return { ...createKeyFile(name, role, secret, account), development };
}

export function keyToText(key: NodeKey): string {
  return formatKeyFile(keyFileOf(key));
}

/** A key file that is to be of this role, from its text. Throws `KEY_FILE_MALFORMED` {file, rule}. */
export function keyFileFromText(text: string, role: KeyRole, file: string): KeyFile | SealedKeyFile {
  try {
    const read = readKeyFile(text);
    if (read.role !== role) throw malformed(`not a key of role ${role}`);
    if (read.development === undefined) throw malformed('development');
    return read;
  } catch (error) {
    throw isConsiliumError(error) ? new ConsiliumError(error.code, { file, ...error.data }) : error;
  }
}

/** Of a file that is under no passphrase, or was opened. */
export function nodeKeyOf({ name, account, seed, development = false }: KeyFile, role: KeyRole): NodeKey {
  return { role, name, account, secret: secretOfSeed(role, fromHex(seed)), development };
}

function malformed(rule: string): ConsiliumError {
  return new ConsiliumError('KEY_FILE_MALFORMED', { rule });
}
