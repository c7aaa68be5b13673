// Owns: reading a person's files with coded refusals. Does not own: writing, and what stands in them.
import { readFile, stat } from 'node:fs/promises';
import { ConsiliumError } from '@consilium/core';

/** Throws `FILE_MISSING` or `FILE_UNREADABLE`. */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (error) {
    throw unreadable(path, error);
  }
}

export function textOf(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ConsiliumError('FILE_INVALID', { file: path, rule: 'not UTF-8' });
  }
}

export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** What an error of the file system is called here. */
export function unreadable(path: string, error: unknown): ConsiliumError {
  const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  if (reason === 'ENOENT') return new ConsiliumError('FILE_MISSING', { file: path });
  return new ConsiliumError('FILE_UNREADABLE', { file: path, reason });
}
