// Owns: the key files of a home on disk: who may read them, and that no development key enters a real network.

import { existsSync } from 'node:fs';
import { ConsiliumError, DEVELOPMENT_CHAIN_PREFIX, isConsiliumError } from '@consilium/core';
import { formatKeyFile, isSealedKey, type KeyFileHead, type KeySeal } from '@consilium/sealing';
import { createFile, readSmallFile, SECRET_FILE_MODE } from '../files/atomic-file.ts';
import type { HomePaths } from '../files/home-paths.ts';
import { checkOwnerOnly } from '../files/owner-only.ts';
import { KEY_FILE_BYTES_MAX } from '../limits.ts';
import {
  type DaemonKeys,
  type KeyRole,
  keyFileFromText,
  keyFileOf,
  type NodeKey,
  type NodeKeys,
  nodeKeyOf,
} from './key-file.ts';
import type { Unlock } from './passphrase.ts';

/** Throws `FILE_EXISTS`: a key is never overwritten. `seal`: the passphrase that it is put under. */
export async function writeKeyFile(path: string, key: NodeKey, seal?: KeySeal): Promise<void> {
  const plain = keyFileOf(key);
  const file = seal === undefined ? plain : await seal.seal(plain);
  await createFile(path, formatKeyFile(file), SECRET_FILE_MODE);
}

/**
 * Throws `KEY_FILE_MISSING`, `KEY_FILE_MODE`, `KEY_FILE_MALFORMED`, each with {file}; for one under a passphrase
 * `KEY_FILE_ENCRYPTED` without a way to unlock it, and what unlocking throws.
 */
export async function readKeyFile(path: string, role: KeyRole, unlock?: Unlock): Promise<NodeKey> {
  const file = keyFileFromText(await readKeyText(path), role, path);
  if (!isSealedKey(file)) return nodeKeyOf(file, role);
  if (unlock === undefined) throw new ConsiliumError('KEY_FILE_ENCRYPTED', { file: path });
  try {
    return nodeKeyOf(await unlock(file), role);
  } catch (error) {
    throw isConsiliumError(error) ? new ConsiliumError(error.code, { file: path, ...error.data }) : error;
  }
}

/** Of one that only its owner can read. Throws `KEY_FILE_MISSING`, `KEY_FILE_MODE`, `KEY_FILE_MALFORMED`. */
export async function readKeyText(path: string): Promise<string> {
  const { bytes, mode } = await readBounded(path);
  checkOwnerOnly(path, mode);
  return new TextDecoder().decode(bytes);
}

async function readBounded(path: string): ReturnType<typeof readSmallFile> {
  try {
    return await readSmallFile(path, KEY_FILE_BYTES_MAX);
  } catch (error) {
    if (isConsiliumError(error, 'FILE_MISSING')) throw new ConsiliumError('KEY_FILE_MISSING', { file: path });
    if (!isConsiliumError(error, 'FILE_TOO_LARGE')) throw error;
    throw new ConsiliumError('KEY_FILE_MALFORMED', { file: path, rule: 'too long' });
  }
}

/** The four keys of a home. Also throws `KEY_FILE_MALFORMED` when they are not of one institution. */
export async function readNodeKeys(paths: HomePaths, unlock?: Unlock): Promise<NodeKeys> {
  const others = await readOtherKeys(paths, unlock);
  const validator = await readKeyFile(paths.validatorKey, 'validator', unlock);
  refuseOther(others.account, validator, paths.validatorKey);
  return { ...others, validator };
}

/** Those that stay when a signer holds the validator's. Throws as `readNodeKeys`, and `SIGNER_KEY_AT_HOME` {file}. */
export async function readKeysBesideSigner(paths: HomePaths, unlock?: Unlock): Promise<DaemonKeys> {
  if (existsSync(paths.validatorKey))
    throw new ConsiliumError('SIGNER_KEY_AT_HOME', { file: paths.validatorKey });
  return { ...(await readOtherKeys(paths, unlock)), validator: undefined };
}

async function readOtherKeys(paths: HomePaths, unlock?: Unlock): Promise<Omit<NodeKeys, 'validator'>> {
  const account = await readKeyFile(paths.accountKey, 'institution', unlock);
  const network = await readKeyFile(paths.networkKey, 'network', unlock);
  const custody = await readKeyFile(paths.custodyKey, 'custody', unlock);
  refuseOther(account, network, paths.networkKey);
  refuseOther(account, custody, paths.custodyKey);
  return { account, network, custody };
}

/** Throws `KEY_FILE_MALFORMED` {file}. */
export function refuseOther({ account }: NodeKey, key: NodeKey, file: string): void {
  if (key.account === account) return;
  throw new ConsiliumError('KEY_FILE_MALFORMED', { file, rule: 'of another institution' });
}

/** Throws `DEVELOPMENT_KEY` {chainId, role} when anybody could sign with these keys and the chain is no toy. */
export function refuseDevelopmentKeys(keys: DaemonKeys, chainId: string): void {
  const { account, validator, network, custody } = keys;
  refuseDevelopment([account, ...(validator === undefined ? [] : [validator]), network, custody], chainId);
}

/** Throws as `refuseDevelopmentKeys`. */
export function refuseDevelopment(keys: readonly NodeKey[], chainId: string): void {
  if (chainId.startsWith(DEVELOPMENT_CHAIN_PREFIX)) return;
  const found = keys.find((key) => key.development);
  if (found !== undefined) throw new ConsiliumError('DEVELOPMENT_KEY', { chainId, role: found.role });
}

/** What a key file shows without being opened. Throws `KEY_FILE_MISSING`, `KEY_FILE_MODE`, `KEY_FILE_MALFORMED`. */
export async function readKeyHead(path: string, role: KeyRole): Promise<KeyFileHead> {
  return keyFileFromText(await readKeyText(path), role, path);
}
