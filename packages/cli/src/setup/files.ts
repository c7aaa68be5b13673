// Owns: reading and writing the command's own files: coded refusals, secrets for their owner only, never half a file.
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ConsiliumError } from '@consilium/sdk';
import type { Io } from '../io.ts';

export const SECRET_MODE = 0o600;
export const PUBLIC_MODE = 0o644;

export function pathOf(io: Io, path: string): string {
  return resolve(io.cwd, path);
}

/** Throws `FILE_MISSING` or `FILE_UNREADABLE`. */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** UTF-8 text, byte for byte. Throws as `readBytes`, or `FILE_INVALID` when it is not UTF-8. */
export async function readText(path: string): Promise<string> {
  return textOf(await readBytes(path), path);
}

export function textOf(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ConsiliumError('FILE_INVALID', { file: path, rule: 'not UTF-8' });
  }
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

/** Whole or not at all: written beside it, synced, renamed over it. Throws `FILE_UNREADABLE`. */
export async function writeWhole(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  const beside = `${path}.${randomBytes(6).toString('hex')}.new`;
  try {
    await mkdir(dirname(path), { recursive: true });
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
    throw unreadable(path, error);
  }
}

/** Refuses to write over a file that is there: a lost key cannot be made again. */
export async function writeNew(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  if (await isThere(path)) throw new ConsiliumError('FILE_EXISTS', { file: path });
  await writeWhole(path, content, mode);
}

function unreadable(path: string, error: unknown): ConsiliumError {
  const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  if (reason === 'ENOENT') return new ConsiliumError('FILE_MISSING', { file: path });
  return new ConsiliumError('FILE_UNREADABLE', { file: path, reason });
}

export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** A secret that others on this machine can read is none. Throws `KEY_FILE_MODE`. */
export async function checkOwnerOnly(path: string): Promise<void> {
  const mode = (await stat(path)).mode & 0o777;
  if ((mode & 0o077) !== 0)
    throw new ConsiliumError('KEY_FILE_MODE', { file: path, mode: mode.toString(8).padStart(4, '0') });
}
