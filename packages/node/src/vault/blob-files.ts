// Owns: the blobs that are files of their own: written beside, synced, renamed, the folder synced. Does not own: the index.
import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BLOB_BYTES_MAX, type Hex32, isHexOf } from '@consilium/core';
import { diskError, errnoOf } from '../files/errors.ts';
import { syncFolder } from '../files/plain-file.ts';
import { VAULT_FILES_AT_ONCE } from '../limits.ts';
import { readAt } from './handle-pool.ts';
import type { FilePlace } from './location.ts';

export interface BlobFiles {
  /** Durable when the promise is fulfilled. Throws `DISK_FULL`, `DISK_FAILED`. */
  write(blobs: ReadonlyMap<Hex32, Uint8Array>): Promise<ReadonlyMap<Hex32, FilePlace>>;
  /** Up to the length given, unchecked; undefined when there is no file. Throws as the system does. */
  read(id: Hex32, place: FilePlace): Promise<Uint8Array | undefined>;
  /** Whether a file of this length is there. */
  isThere(id: Hex32, place: FilePlace): Promise<boolean>;
  /** Removes the files that are there, durably. Throws `DISK_FAILED`. */
  erase(ids: readonly Hex32[]): Promise<void>;
  /** Every file that is there, by its name. */
  list(): Promise<ReadonlyMap<Hex32, FilePlace>>;
}

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
/** An id must not be read from a log. */
const NAME_IN_ERRORS = 'vault/files';

/** Makes the folders of the vault's large blobs, and removes what a write that was cut short left. */
export async function openBlobFiles(folder: string, incoming: string): Promise<BlobFiles> {
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  await rm(incoming, { recursive: true, force: true });
  await mkdir(incoming, { recursive: true, mode: FOLDER_MODE });
  return createBlobFiles(folder, incoming);
}

function createBlobFiles(folder: string, incoming: string): BlobFiles {
  const folderOf = (id: Hex32): string => join(folder, id.slice(0, 2));
  const pathOf = (id: Hex32): string => join(folderOf(id), id);
  const durableFolders = new Set<string>();

  const makeFolder = async (path: string): Promise<void> => {
    if (durableFolders.has(path)) return;
    await mkdir(path, { recursive: true, mode: FOLDER_MODE });
    // Also when it was there: whoever made it may have died before this.
    await syncFolder(folder);
    durableFolders.add(path);
  };
  const place = async ([id, bytes]: readonly [Hex32, Uint8Array]): Promise<void> => {
    await makeFolder(folderOf(id));
    const temporary = join(incoming, randomBytes(8).toString('hex'));
    try {
      await writeDurably(temporary, bytes);
      await rename(temporary, pathOf(id));
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  };
  const write = async (blobs: ReadonlyMap<Hex32, Uint8Array>): Promise<ReadonlyMap<Hex32, FilePlace>> => {
    try {
      await eachAtOnce([...blobs], place);
      await syncFolders([...blobs.keys()].map(folderOf));
    } catch (error) {
      throw diskError(error, NAME_IN_ERRORS);
    }
    return new Map([...blobs].map(([id, { length }]) => [id, { type: 'file', length }]));
  };
  const read = async (id: Hex32, { length }: FilePlace): Promise<Uint8Array | undefined> => {
    if (length > BLOB_BYTES_MAX) return undefined;
    try {
      await using handle = await open(pathOf(id), 'r');
      return await readAt(handle, 0, length);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  };
  const isThere = async (id: Hex32, { length }: FilePlace): Promise<boolean> => {
    try {
      return (await stat(pathOf(id))).size === length;
    } catch {
      return false;
    }
  };
  const erase = async (ids: readonly Hex32[]): Promise<void> => {
    try {
      const removed: Hex32[] = [];
      for (const id of ids) if (await removeIfThere(pathOf(id))) removed.push(id);
      await syncFolders(removed.map(folderOf));
    } catch (error) {
      throw diskError(error, NAME_IN_ERRORS);
    }
  };
  return { write, read, isThere, erase, list: () => listFiles(folder) };
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  await using handle = await open(path, 'wx', FILE_MODE);
  await handle.writeFile(bytes);
  await handle.sync();
}

async function syncFolders(folders: readonly string[]): Promise<void> {
  for (const folder of new Set(folders)) await syncFolder(folder);
}

/** Nothing is under way any more when this ends, also when one failed. */
async function eachAtOnce<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let first = 0; first < items.length; first += VAULT_FILES_AT_ONCE) {
    const results = await Promise.allSettled(items.slice(first, first + VAULT_FILES_AT_ONCE).map(work));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}

async function removeIfThere(path: string): Promise<boolean> {
  try {
    await rm(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

async function listFiles(folder: string): Promise<ReadonlyMap<Hex32, FilePlace>> {
  const found = new Map<Hex32, FilePlace>();
  for (const part of await readdir(folder)) {
    for (const name of await readdir(join(folder, part))) {
      if (!isHexOf(name, 32) || !name.startsWith(part)) continue;
      const { size } = await stat(join(folder, part, name));
      if (size <= BLOB_BYTES_MAX) found.set(name, { type: 'file', length: size });
    }
  }
  return found;
}
