// Owns: what lies where in the folder of one node, who may read it, and that one process at a time uses it. Does not
// own: how the files in it are made (setup) or read.
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ConsiliumError, isConsiliumError } from '@consilium/core';
import { openStore, type Store, type StoreOptions } from '../store/store.ts';
import { createDisk, type LocalDisk } from './disk.ts';
import { diskError, errnoOf } from './errors.ts';
import { syncFolder } from './plain-file.ts';

export interface HomePaths {
  readonly home: string;
  /** Every setting, with comments. */
  readonly config: string;
  /** Folder of the four key files. The only secrets; never part of a copy that leaves the machine unprotected. */
  readonly keys: string;
  readonly accountKey: string;
  readonly validatorKey: string;
  readonly networkKey: string;
  readonly custodyKey: string;
  /** LevelDB: chain and ledger state. */
  readonly data: string;
  /** Write-ahead log and signing record. Never restored from a backup. */
  readonly state: string;
  /** Blobs of ciphertext that this node keeps for patients; their index stands in the store. */
  readonly vault: string;
  /** Made with new keys, gone with the first start: only such a home may begin with an empty signing record. */
  readonly unsigned: string;
  /** Made once the store holds a chain: from then on an empty store is a loss, and no beginning. */
  readonly holdsChain: string;
  readonly genesis: string;
  /** The card to hand out. */
  readonly validatorCard: string;
  /** The process that uses the home, for people to read. It guards nothing. */
  readonly pid: string;
}

const FOLDER_MODE = 0o700;

export function homePaths(folder: string): HomePaths {
  const home = resolve(folder);
  const keys = join(home, 'keys');
  return {
    home,
    config: join(home, 'config.toml'),
    keys,
    accountKey: join(keys, 'account.json'),
    validatorKey: join(keys, 'validator.json'),
    networkKey: join(keys, 'network.json'),
    custodyKey: join(keys, 'custody.json'),
    data: join(home, 'data'),
    state: join(home, 'state'),
    vault: join(home, 'vault'),
    unsigned: join(home, 'state', 'never-signed'),
    holdsChain: join(home, 'state', 'holds-chain'),
    genesis: join(home, 'genesis.json'),
    validatorCard: join(home, 'validator.json'),
    pid: join(home, 'pid'),
  };
}

/** Makes the folders of a home, readable by the owner only. Folders that are there stay as they are. */
export async function makeHomeFolders(paths: HomePaths): Promise<void> {
  try {
    await mkdir(paths.home, { recursive: true, mode: FOLDER_MODE });
    for (const folder of [paths.keys, paths.data, paths.state, paths.vault]) {
      await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    }
    await syncFolder(paths.home);
  } catch (error) {
    throw diskError(error, paths.home);
  }
}

/** Throws `HOME_MISSING` {home}, or `KEY_FILE_MODE` {file, mode} when others on this machine could reach a key. */
export async function checkHome(paths: HomePaths): Promise<void> {
  if ((await modeOf(paths.config)) === undefined) {
    throw new ConsiliumError('HOME_MISSING', { home: paths.home });
  }
  // A key file that is missing is named by the one who reads it.
  for (const file of [paths.keys, paths.accountKey, paths.validatorKey, paths.networkKey, paths.custodyKey]) {
    const mode = await modeOf(file);
    if (mode !== undefined) checkOwnerOnly(file, mode);
  }
}

/** Throws `KEY_FILE_MODE` when group or others have any right to it. */
export function checkOwnerOnly(file: string, mode: number): void {
  if ((mode & 0o077) !== 0) {
    throw new ConsiliumError('KEY_FILE_MODE', { file, mode: mode.toString(8).padStart(4, '0') });
  }
}

async function modeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mode & 0o777;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    throw diskError(error, path);
  }
}

/** A home in use: its store, and its files in `state/`. */
export interface OpenHome extends AsyncDisposable {
  readonly paths: HomePaths;
  readonly store: Store;
  readonly disk: LocalDisk;
  close(): Promise<void>;
}

/**
 * Takes the home for this process. The guard is the lock that LevelDB holds on `data/`: the kernel releases it when its
 * process dies, however it dies, so there is nothing stale to clean up. The store is opened before anything in `state/`
 * is touched and closed last, so the lock covers both. Throws `STORE_LOCKED` {home, pid} and what `openStore` and
 * `checkHome` throw.
 */
export async function openHome(folder: string, options: StoreOptions = {}): Promise<OpenHome> {
  const paths = homePaths(folder);
  await checkHome(paths);
  await makeHomeFolders(paths);
  const store = await openLocked(paths, options);
  try {
    await writeFile(paths.pid, `${process.pid}\n`);
  } catch (error) {
    await store.close();
    throw diskError(error, paths.pid);
  }
  const disk = createDisk(paths.state);
  const close = async (): Promise<void> => {
    await disk.close();
    await rm(paths.pid, { force: true });
    await store.close();
  };
  return { paths, store, disk, close, [Symbol.asyncDispose]: close };
}

async function openLocked(paths: HomePaths, options: StoreOptions): Promise<Store> {
  try {
    return await openStore(paths.data, options);
  } catch (error) {
    if (!isConsiliumError(error, 'STORE_LOCKED')) throw error;
    const pid = await holderOf(paths);
    throw new ConsiliumError('STORE_LOCKED', { home: paths.home, ...(pid === undefined ? {} : { pid }) });
  }
}

async function holderOf(paths: HomePaths): Promise<number | undefined> {
  try {
    const pid = Number.parseInt(await readFile(paths.pid, 'utf8'), 10);
    return Number.isSafeInteger(pid) ? pid : undefined;
  } catch {
    return undefined;
  }
}
