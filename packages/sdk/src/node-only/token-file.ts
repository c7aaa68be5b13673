// Owns: reading the file with a token, which is for its owner only.
import { readFile, stat } from 'node:fs/promises';
import { ConsiliumError } from '@consilium/core';
import { unreadable } from './files.ts';

const TOKEN = /^[A-Za-z0-9._~+/=-]{16,256}$/;

/** Throws `FILE_MISSING`, `FILE_UNREADABLE`, `KEY_FILE_MODE` {file, mode}, `TOKEN_FILE_INVALID` {file}. */
export async function readToken(path: string): Promise<string> {
  const { mode, text } = await bounded(path);
  if ((mode & 0o077) !== 0)
    throw new ConsiliumError('KEY_FILE_MODE', { file: path, mode: mode.toString(8).padStart(4, '0') });
  const token = text.trim();
  if (!TOKEN.test(token)) throw new ConsiliumError('TOKEN_FILE_INVALID', { file: path });
  return token;
}

/** A token and the end of its line. */
const BYTES_MAX = 1_024;

async function bounded(path: string): Promise<{ readonly mode: number; readonly text: string }> {
  try {
    const { mode, size } = await stat(path);
    if (size > BYTES_MAX) throw new ConsiliumError('TOKEN_FILE_INVALID', { file: path });
    return { mode: mode & 0o777, text: await readFile(path, 'utf8') };
  } catch (error) {
    throw error instanceof ConsiliumError ? error : unreadable(path, error);
  }
}
