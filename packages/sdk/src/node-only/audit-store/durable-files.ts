// Owns: files of a store on a real disk: written so that a reader sees all or nothing, also after a power cut. Does not
// own: what stands in them.
import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConsiliumError } from '@consilium/core';

/** Only the owner reads what an institution keeps of its patients. */
export const STORE_FILE_MODE = 0o600;
const STORE_FOLDER_MODE = 0o700;

export function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
}

/** `DISK_FULL` or `DISK_FAILED`; a coded error stays what it is. */
export function diskError(error: unknown, file: string): ConsiliumError {
  if (error instanceof ConsiliumError) return error;
  const errno = errnoOf(error);
  return new ConsiliumError(['ENOSPC', 'EDQUOT'].includes(errno) ? 'DISK_FULL' : 'DISK_FAILED', {
    errno,
    file,
  });
}

/** Runs work on one file; whatever the system throws gets its code. */
export async function onDisk<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw diskError(error, file);
  }
}

export function makeStoreFolder(path: string): Promise<unknown> {
  return onDisk(path, () => mkdir(path, { recursive: true, mode: STORE_FOLDER_MODE }));
}

/** undefined when there is none. */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw diskError(error, path);
  }
}

/** Names in a folder; none when it is not there. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw diskError(error, folder);
  }
}

/** Replaces the file. */
export function writeDurable(path: string, content: string | Uint8Array): Promise<void> {
  return place(path, content, (temporary) => rename(temporary, path));
}

/** False when a file is there already: it stays as it is. */
export async function writeDurableOnce(path: string, content: string | Uint8Array): Promise<boolean> {
  let made = true;
  await place(path, content, async (temporary) => {
    try {
      await link(temporary, path);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
      made = false;
    }
    await rm(temporary);
  });
  return made;
}

/** The content first, then its name, then the folder that holds the name. */
async function place(
  path: string,
  content: string | Uint8Array,
  name: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.new`;
  await onDisk(path, async () => {
    try {
      const handle = await open(temporary, 'wx', STORE_FILE_MODE);
      try {
        await handle.writeFile(content);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await name(temporary);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    await syncFolder(dirname(path));
  });
}

/** Makes names in a folder durable: of files made, renamed or removed in it. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
