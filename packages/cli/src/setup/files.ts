// Owns: reading and writing the command's own files: coded refusals, secrets for their owner only, never half a file.
import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ConsiliumError, isConsiliumError } from '@consilium/sdk';
import { readBytes, textOf, unreadable } from '@consilium/sdk/node';

export { readBytes };

import type { Io } from '../io.ts';

export const SECRET_MODE = 0o600;
export const PUBLIC_MODE = 0o644;

export function pathOf(io: Io, path: string): string {
  return resolve(io.cwd, path);
}

/** UTF-8 text, byte for byte. Throws as `readBytes`, or `FILE_INVALID` when it is not UTF-8. */
export async function readText(path: string): Promise<string> {
  return textOf(await readBytes(path), path);
}

/** Undefined when there is no such file. */
export async function readTextIfThere(path: string): Promise<string | undefined> {
  return (await isThere(path)) ? readText(path) : undefined;
}

export async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}

/** Whole or not at all: written beside it, synced, renamed over it. Throws `FILE_UNREADABLE`, or as the content does. */
export async function writeWhole(
  path: string,
  content: string | Uint8Array | AsyncIterable<Uint8Array>,
  mode: number,
): Promise<void> {
  const beside = `${path}.${randomBytes(6).toString('hex')}.new`;
  try {
    await mkdir(dirname(path), folderFor(mode));
    const handle = await open(beside, 'wx', mode);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw isConsiliumError(error) ? error : unreadable(path, error);
  }
}

/** What is for the owner only lies in folders that are too. */
function folderFor(mode: number): { readonly recursive: true; readonly mode?: number } {
  return mode === SECRET_MODE ? { recursive: true, mode: 0o700 } : { recursive: true };
}

/** A folder for what is secret. Throws `FILE_UNREADABLE`. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, folderFor(SECRET_MODE));
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Refuses to write over a file that is there: a lost key cannot be made again. */
export async function writeNew(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  if (await isThere(path)) throw new ConsiliumError('FILE_EXISTS', { file: path });
  await writeWhole(path, content, mode);
}

/** Also when it is not there. */
async function discard(path: string): Promise<void> {
  await rm(path, { force: true });
}

/** Files that were written for what is sent now: worth nothing when it is refused; kept when it may still come. */
export async function discardOnRefusal<T>(files: readonly string[], send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    const never = isConsiliumError(error) && error.code !== 'TX_STATE_UNKNOWN';
    if (never) for (const file of files) await discard(file);
    throw error;
  }
}

/** A secret that others on this machine can read is none. Throws `KEY_FILE_MODE`. */
export async function checkOwnerOnly(path: string): Promise<void> {
  const mode = (await stat(path)).mode & 0o777;
  if ((mode & 0o077) !== 0)
    throw new ConsiliumError('KEY_FILE_MODE', { file: path, mode: mode.toString(8).padStart(4, '0') });
}
