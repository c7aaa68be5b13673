// Owns: who may read the folder of one node, and that one process at a time uses it. Does not own: what lies where
// (home-paths.ts), how the files in it are made (setup) or read.
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { ConsiliumError, isConsiliumError } from '@consilium/core';
import { openStore, type Store, type StoreOptions } from '../store/store.ts';
import { createDisk, type LocalDisk } from './disk.ts';
import { diskError, errnoOf } from './errors.ts';
import { type HomePaths, homePaths } from './home-paths.ts';
import { checkOwnerOnly } from './owner-only.ts';
import { syncFolder } from './plain-file.ts';

export { type HomePaths, homePaths };

const FOLDER_MODE = 0o700;

/** The key files of a home that are there, the next ones while they rotate as well. Throws `HOME_MISSING`. */
export function keyFilesIn(folder: string): readonly string[] {
  const { home, config, accountKey, validatorKey, networkKey, custodyKey, nextKeys } = homePaths(folder);
  if (!existsSync(config)) throw new ConsiliumError('HOME_MISSING', { home });
  const files = [accountKey, validatorKey, networkKey, custodyKey, ...Object.values(nextKeys)];
  return files.filter((file) => existsSync(file));
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
  await checkSecrets(paths);
}

/** Of a signer, which has no configuration. Throws as `checkHome`. */
export async function checkHomeSecrets(paths: HomePaths): Promise<void> {
  if ((await modeOf(paths.validatorKey)) === undefined) {
    throw new ConsiliumError('HOME_MISSING', { home: paths.home });
  }
  await checkSecrets(paths);
}

async function checkSecrets(paths: HomePaths): Promise<void> {
  // A key file that is missing is named by the one who reads it.
  const { keys, accountKey, validatorKey, networkKey, custodyKey, operatorToken, access } = paths;
  for (const file of [keys, accountKey, validatorKey, networkKey, custodyKey, operatorToken, access]) {
    const mode = await modeOf(file);
    if (mode !== undefined) checkOwnerOnly(file, mode);
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

/** Takes a home that keeps no chain, by the same lock. Resolves to what gives it back. Throws `STORE_LOCKED` {home, pid}. */
export async function lockHome(paths: HomePaths): Promise<() => Promise<void>> {
  await makeHomeFolders(paths);
  const store = await openLocked(paths, {});
  return async () => {
    await rm(paths.pid, { force: true });
    await store.close();
  };
}

/** The store alone, which locks the home. Throws `STORE_LOCKED` {home, pid} and what `openStore` throws. */
export async function openLocked(paths: HomePaths, options: StoreOptions): Promise<Store> {
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
