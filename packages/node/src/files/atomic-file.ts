// Owns: small whole files: written so that a reader sees all or nothing, also after a power cut, and read with a bound.
import { randomBytes } from 'node:crypto';
import { link, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ConsiliumError } from '@consilium/core';
import { diskError, errnoOf } from './errors.ts';
import { syncFolder } from './plain-file.ts';

export const SECRET_FILE_MODE = 0o600;
export const PUBLIC_FILE_MODE = 0o644;

/** Replaces a file. Throws `DISK_FULL`, `DISK_FAILED`. */
export async function replaceFile(path: string, content: Uint8Array | string, mode: number): Promise<void> {
  await writeBeside(path, content, mode, (temporary) => rename(temporary, path));
}

/** Makes a file that is not there yet. Throws `FILE_EXISTS`, `DISK_FULL`, `DISK_FAILED`. */
export async function createFile(path: string, content: Uint8Array | string, mode: number): Promise<void> {
  await writeBeside(path, content, mode, async (temporary) => {
    try {
      // Unlike a rename, a link refuses a name that is taken.
      await link(temporary, path);
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') throw new ConsiliumError('FILE_EXISTS', { file: path });
      throw error;
    }
    await rm(temporary);
  });
}

type Place = (temporary: string) => Promise<void>;

/** In this order: content durable under a name of its own, then the name, then the folder that holds the name. */
async function writeBeside(
  path: string,
  content: Uint8Array | string,
  mode: number,
  place: Place,
): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}`);
  try {
    await writeDurably(temporary, content, mode);
    await place(temporary);
    await syncFolder(folder);
  } catch (error) {
    await rm(temporary, { force: true });
    throw diskError(error, path);
  }
}

async function writeDurably(path: string, content: Uint8Array | string, mode: number): Promise<void> {
  const handle = await open(path, 'wx', mode);
  try {
    await handle.writeFile(content);
    // Past the umask, which may have taken bits from the mode given at opening.
    await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export interface SmallFile {
  readonly bytes: Uint8Array;
  /** Permission bits, e.g. 0o600. */
  readonly mode: number;
}

/** Throws `FILE_MISSING`, `FILE_TOO_LARGE`, `DISK_FAILED`, each with the path. */
export async function readSmallFile(path: string, bytesMax: number): Promise<SmallFile> {
  try {
    const handle = await open(path, 'r');
    try {
      const { size, mode } = await handle.stat();
      if (size > bytesMax) throw new ConsiliumError('FILE_TOO_LARGE', { file: path, bytesMax });
      return { bytes: new Uint8Array(await handle.readFile()), mode: mode & 0o777 };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw new ConsiliumError('FILE_MISSING', { file: path });
    throw diskError(error, path);
  }
}
