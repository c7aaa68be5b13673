// Owns: genesis documents as files: made from the validators' cards, read, compared by people, and kept in a home. Does
// not own: their text form and rules (core).
import {
  accountIdOf,
  type ConsensusParams,
  ConsiliumError,
  cardFromJson,
  createGenesis,
  DEFAULT_PARAMS,
  faultyMax,
  fingerprintOf,
  type Genesis,
  genesisFromJson,
  genesisHash,
  genesisToJson,
  type Hex32,
  isConsiliumError,
  type ValidatorCard,
  type Verify,
} from '@consilium/core';
import { createFile, PUBLIC_FILE_MODE, readSmallFile } from '../files/atomic-file.ts';
import type { HomePaths } from '../files/home.ts';
import { CARD_FILE_BYTES_MAX, GENESIS_FILE_BYTES_MAX } from '../limits.ts';

export interface GenesisOptions {
  readonly chainId: string;
  /** Files of validator cards, in any order. */
  readonly cards: readonly string[];
  readonly out: string;
  /** Milliseconds since the epoch; the first block is later. 0 when left out, so that all machines write the same. */
  readonly time?: number;
  readonly params?: ConsensusParams;
}

export interface GenesisSummary {
  readonly chainId: string;
  readonly hash: Hex32;
  /** The first half of the hash in groups of four, to be read out. */
  readonly fingerprint: string;
  readonly time: number;
  /** By account id of the institution, as in the document. */
  readonly validators: readonly GenesisValidator[];
  /** How many validators may fail or lie. */
  readonly faultyMax: number;
  /** Whether a validator has keys that everybody can have. */
  readonly development: boolean;
}

export interface GenesisValidator {
  readonly name: string;
  readonly institution: Hex32;
  readonly addresses: readonly string[];
}

const CHAIN_ID = /^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$/;

/**
 * Writes the document. Throws `USAGE_INVALID`, `FILE_MISSING`, `CARD_INVALID` {file, rule}, `GENESIS_INVALID` {rule},
 * `FILE_EXISTS`.
 */
export async function createGenesisFile(options: GenesisOptions, verify: Verify): Promise<GenesisSummary> {
  const { chainId, cards, out, time = 0, params = DEFAULT_PARAMS } = options;
  if (!CHAIN_ID.test(chainId)) {
    const rule = '--chain-id must be 1 to 48 lower-case letters, digits and inner hyphens';
    throw new ConsiliumError('USAGE_INVALID', { option: '--chain-id' }, rule);
  }
  const read = await Promise.all(cards.map((file) => readCard(file, verify)));
  const genesis = createGenesis(chainId, time, read, params, verify);
  await createFile(out, genesisToJson(genesis), PUBLIC_FILE_MODE);
  return summaryOf(genesis);
}

async function readCard(file: string, verify: Verify): Promise<ValidatorCard> {
  const text = await readText(file, CARD_FILE_BYTES_MAX);
  return namingFile(file, () => cardFromJson(text, verify));
}

/** Throws `FILE_MISSING`, `FILE_TOO_LARGE`, `GENESIS_INVALID` {file, rule}. */
export async function readGenesis(file: string, verify: Verify): Promise<Genesis> {
  const text = await readText(file, GENESIS_FILE_BYTES_MAX);
  return namingFile(file, () => genesisFromJson(text, verify));
}

async function readText(file: string, bytesMax: number): Promise<string> {
  const { bytes } = await readSmallFile(file, bytesMax);
  return new TextDecoder().decode(bytes);
}

function namingFile<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!isConsiliumError(error)) throw error;
    const detail = `${file}: ${error.message} (${String(error.data['rule'])})`;
    throw new ConsiliumError(error.code, { file, ...error.data }, detail);
  }
}

export function summaryOf(genesis: Genesis): GenesisSummary {
  const hash = genesisHash(genesis);
  return {
    chainId: genesis.chainId,
    hash,
    fingerprint: fingerprintOf(hash),
    time: genesis.time,
    validators: genesis.validators.map(({ name, accountKey, addresses }) => ({
      name,
      institution: accountIdOf(accountKey),
      addresses,
    })),
    faultyMax: faultyMax(genesis.validators.length),
    development: genesis.validators.some((card) => card.development),
  };
}

/**
 * The genesis of a home, taken over from `file` at the first start. Throws `GENESIS_MISMATCH` {home, given} when the
 * home has another one, `FILE_MISSING` when there is none at all, and what `readGenesis` throws.
 */
export async function homeGenesis(
  paths: HomePaths,
  file: string | undefined,
  verify: Verify,
): Promise<Genesis> {
  const given = file === undefined ? undefined : await readGenesis(file, verify);
  const own = await readOwn(paths, verify);
  if (own !== undefined) {
    if (given !== undefined) refuseOther(own, given);
    return own;
  }
  if (given === undefined) {
    const detail = `${paths.genesis} is missing: start once with --genesis FILE`;
    throw new ConsiliumError('FILE_MISSING', { file: paths.genesis }, detail);
  }
  await createFile(paths.genesis, genesisToJson(given), PUBLIC_FILE_MODE);
  return given;
}

async function readOwn(paths: HomePaths, verify: Verify): Promise<Genesis | undefined> {
  try {
    return await readGenesis(paths.genesis, verify);
  } catch (error) {
    if (isConsiliumError(error, 'FILE_MISSING')) return undefined;
    throw error;
  }
}

function refuseOther(own: Genesis, given: Genesis): void {
  const [home, other] = [genesisHash(own), genesisHash(given)];
  if (home !== other) throw new ConsiliumError('GENESIS_MISMATCH', { home, given: other });
}
