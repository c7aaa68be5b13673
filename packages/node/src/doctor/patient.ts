// Owns: a home read as far as it can be read, each part apart, so that one fault does not hide the next. Nothing is changed
// in it, but for what LevelDB does when it is opened. Does not own: what is wrong with it (checks-*.ts).
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  accountIdOf,
  ConsiliumError,
  type Genesis,
  genesisHash,
  type Hex32,
  INSTITUTIONS,
  type Institution,
  isConsiliumError,
  nextValidators,
  PROTOCOL_VERSION_FIRST,
  pendingUpgrade,
  protocolVersionAt,
  readRow,
  type Verify,
  validatorsAfterNext,
} from '@consilium/core';
import { findConfigMistakes, loadConfig } from '../config/load.ts';
import type { Config } from '../config/settings.ts';
import { createDisk } from '../files/disk.ts';
import { openLocked } from '../files/home.ts';
import { type HomePaths, homePaths } from '../files/home-paths.ts';
import { type KeyRole, keyFileFromText } from '../keys/key-file.ts';
import { readBlock, readTip, stateReader } from '../replica/chain.ts';
import { SIGNING_RECORD_FILE } from '../replica/open.ts';
import { readGenesis } from '../setup/genesis.ts';
import { openRecordFile, type RecordStatus } from '../signing/record-file.ts';
import type { Store } from '../store/store.ts';

/** What a key file says without its secret. */
export interface PublicKeyFile {
  readonly file: string;
  readonly role: KeyRole;
  readonly account: Hex32;
  readonly publicKey: Hex32;
  readonly development: boolean;
}

export interface StoreFacts {
  /** undefined: it is empty. */
  readonly height: number | undefined;
  /** Genesis that the chain in it began with. */
  readonly genesis: Hex32 | undefined;
  /** The newest version of the protocol that is in force or decided, and from which height on. */
  readonly upgrade: { readonly version: number; readonly height: number };
  /** Rows of the members, and of this home's own institution. */
  readonly institutions: ReadonlyMap<Hex32, Institution>;
}

/** One institution that should be reachable. */
export interface Neighbour {
  readonly id: Hex32;
  readonly name: string;
  readonly addresses: readonly string[];
}

export interface Patient {
  readonly paths: HomePaths;
  readonly mistakes: readonly ConsiliumError[];
  readonly config: Config | undefined;
  /** Of a signer apart, which holds the validator key and the signing record. */
  readonly signerSocket: string | undefined;
  readonly keys: readonly (PublicKeyFile | { readonly file: string; readonly error: ConsiliumError })[];
  /** The home's own genesis; a code when it cannot be read. */
  readonly genesis: Genesis | ConsiliumError;
  /** `in-use`: a process holds the home. */
  readonly store: StoreFacts | 'in-use' | 'missing' | ConsiliumError;
  readonly record: RecordStatus | 'unsigned' | 'in-use';
  readonly holdsChain: boolean;
  readonly pid: number | undefined;
  readonly modes: readonly { readonly file: string; readonly mode: number }[];
  readonly account: Hex32 | undefined;
  /** Members by the ledger, or else the founders. */
  readonly members: readonly Neighbour[];
}

/** Throws `HOME_MISSING` {home}. */
export async function readPatient(
  home: string,
  env: Readonly<Record<string, string | undefined>>,
  verify: Verify,
): Promise<Patient> {
  const paths = homePaths(home);
  const mistakes = await findConfigMistakes(paths.config, env, {});
  const config = mistakes.length > 0 ? undefined : (await loadConfig(paths.config, env, {})).config;
  const keys = await readKeys(paths);
  const [first] = keys.filter((key): key is PublicKeyFile => 'publicKey' in key);
  const account = first?.account;
  const genesis = await orError(() => readGenesis(paths.genesis, verify));
  // An empty folder is not opened: LevelDB would begin a store in it.
  const isThere = existsSync(join(paths.data, 'CURRENT'));
  const store = isThere ? await orError(() => openLocked(paths, {})) : ('missing' as const);
  const inUse = isConsiliumError(store, 'STORE_LOCKED');
  try {
    return {
      ...{ paths, mistakes, config, keys, genesis, account },
      signerSocket: config?.signer.socket ? resolve(paths.home, config.signer.socket) : undefined,
      store: storeFacts(store, account),
      record: inUse ? 'in-use' : await recordStatus(paths, genesis, account),
      holdsChain: existsSync(paths.holdsChain),
      pid: await readPid(paths.pid),
      modes: await readModes(paths),
      members: membersOf(genesis, storeFacts(store, account)),
    };
  } finally {
    if (isStore(store)) await store.close();
  }
}

type Opened = Store | 'missing' | ConsiliumError;

const isStore = (store: Opened): store is Store => store !== 'missing' && !(store instanceof ConsiliumError);

async function orError<T>(read: () => Promise<T>): Promise<T | ConsiliumError> {
  try {
    return await read();
  } catch (error) {
    if (isConsiliumError(error)) return error;
    throw error;
  }
}

async function readKeys(paths: HomePaths): Promise<Patient['keys']> {
  const files: readonly (readonly [string, KeyRole])[] = [
    [paths.accountKey, 'institution'],
    [paths.validatorKey, 'validator'],
    [paths.networkKey, 'network'],
    [paths.custodyKey, 'custody'],
  ];
  const present = files.filter(([file]) => existsSync(file));
  return Promise.all(
    present.map(async ([file, role]) => {
      const read = await orError(async () => keyFileFromText(await readFile(file, 'utf8'), role, file));
      if (read instanceof ConsiliumError) return { file, error: read };
      const { account, publicKey, development } = read;
      return { file, role, account, publicKey, development: development === true };
    }),
  );
}

/** What is asked of the store is read before it is closed. */
function storeFacts(store: Opened, account: Hex32 | undefined): Patient['store'] {
  if (!isStore(store)) {
    if (isConsiliumError(store, 'STORE_LOCKED')) return 'in-use';
    return store;
  }
  const tip = readTip(store);
  const begun = { version: PROTOCOL_VERSION_FIRST, height: 1 };
  if (tip === undefined)
    return { height: undefined, genesis: undefined, institutions: new Map(), upgrade: begun };
  const reader = stateReader(store);
  const next = { version: protocolVersionAt(reader, tip.height + 1), height: tip.height + 1 };
  const upgrade = pendingUpgrade(reader, tip.height + 1) ?? next;
  const genesis = tip.height === 0 ? tip.blockId : readBlock(store, tip.height)?.header.genesis;
  return { height: tip.height, genesis, upgrade, institutions: institutionsIn(store, account) };
}

function institutionsIn(store: Store, account: Hex32 | undefined): Map<Hex32, Institution> {
  const reader = stateReader(store);
  const members = [...nextValidators(reader), ...validatorsAfterNext(reader)].map(({ id }) => id);
  const rows = new Map<Hex32, Institution>();
  for (const id of new Set(account === undefined ? members : [...members, account])) {
    const row = readRow(reader, INSTITUTIONS, id);
    if (row !== undefined) rows.set(id, row);
  }
  return rows;
}

function membersOf(genesis: Genesis | ConsiliumError, store: Patient['store']): readonly Neighbour[] {
  if (typeof store === 'object' && 'institutions' in store && store.institutions.size > 0)
    return [...store.institutions]
      .filter(([, { status }]) => status === 'active')
      .map(([id, { name, addresses }]) => ({ id, name, addresses }));
  if (genesis instanceof ConsiliumError) return [];
  return genesis.validators.map(({ accountKey, name, addresses }) => ({
    id: accountIdOf(accountKey),
    name,
    addresses,
  }));
}

async function recordStatus(
  paths: HomePaths,
  genesis: Genesis | ConsiliumError,
  validator: Hex32 | undefined,
): Promise<Patient['record']> {
  if (existsSync(paths.unsigned)) return 'unsigned';
  if (!existsSync(paths.state)) return 'missing';
  if (genesis instanceof ConsiliumError || validator === undefined) return 'whole';
  const disk = createDisk(paths.state);
  try {
    const owner = { name: SIGNING_RECORD_FILE, genesis: genesisHash(genesis), validator };
    return openRecordFile({ disk, report: () => undefined }, owner).status;
  } finally {
    await disk.close();
  }
}

async function readPid(file: string): Promise<number | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  return Number.isSafeInteger(pid) ? pid : undefined;
}

async function readModes(paths: HomePaths): Promise<Patient['modes']> {
  const { home, keys, accountKey, validatorKey, networkKey, custodyKey, operatorToken } = paths;
  const files = [home, keys, accountKey, validatorKey, networkKey, custodyKey, operatorToken];
  const present = files.filter((file) => existsSync(file));
  return Promise.all(present.map(async (file) => ({ file, mode: (await stat(file)).mode & 0o777 })));
}
