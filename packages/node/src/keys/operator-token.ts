// Owns: the file with the operator's token in a home: made once, readable by its owner only. Does not own: the form of a
// token (token.ts).
import { ConsiliumError, isConsiliumError } from '@consilium/core';
import { createFile, readSmallFile, SECRET_FILE_MODE } from '../files/atomic-file.ts';
import { checkOwnerOnly } from '../files/owner-only.ts';
import { TOKEN_FILE_BYTES_MAX } from '../limits.ts';
import type { Random } from '../ports.ts';
import { createToken, isToken } from './token.ts';

/** Leaves a token that is there. Throws `DISK_FULL`, `DISK_FAILED`. */
export async function makeOperatorToken(path: string, random: Random): Promise<void> {
  try {
    await createFile(path, `${createToken(random)}\n`, SECRET_FILE_MODE);
  } catch (error) {
    if (!isConsiliumError(error, 'FILE_EXISTS')) throw error;
  }
}

/** Throws `FILE_MISSING`, `KEY_FILE_MODE`, `TOKEN_FILE_INVALID`, `DISK_FAILED`, each with {file}. */
export async function readTokenFile(path: string): Promise<string> {
  const { bytes, mode } = await readBounded(path);
  checkOwnerOnly(path, mode);
  const token = new TextDecoder().decode(bytes).trim();
  if (!isToken(token)) throw new ConsiliumError('TOKEN_FILE_INVALID', { file: path });
  return token;
}

async function readBounded(path: string): ReturnType<typeof readSmallFile> {
  try {
    return await readSmallFile(path, TOKEN_FILE_BYTES_MAX);
  } catch (error) {
    if (!isConsiliumError(error, 'FILE_TOO_LARGE')) throw error;
    throw new ConsiliumError('TOKEN_FILE_INVALID', { file: path });
  }
}
