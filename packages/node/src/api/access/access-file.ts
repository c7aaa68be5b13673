// Owns: the list of tokens and certificates in a home: read for its owner only, changed by one command at a time. Does
// not own: its form (access-list.ts).
import { rm } from 'node:fs/promises';
import { ConsiliumError, isConsiliumError } from '@consilium/core';
import { createFile, readSmallFile, replaceFile, SECRET_FILE_MODE } from '../../files/atomic-file.ts';
import { checkOwnerOnly } from '../../files/owner-only.ts';
import { ACCESS_FILE_BYTES_MAX } from '../../limits.ts';
import { type AccessEntry, accessListFromText, accessListToText } from './access-list.ts';

/** Empty when there is none. Throws `TOKEN_FILE_INVALID` {file, rule}, `KEY_FILE_MODE`, `DISK_FAILED`. */
export async function readAccessFile(path: string): Promise<readonly AccessEntry[]> {
  try {
    const { bytes, mode } = await readSmallFile(path, ACCESS_FILE_BYTES_MAX);
    checkOwnerOnly(path, mode);
    return accessListFromText(new TextDecoder().decode(bytes), path);
  } catch (error) {
    if (isConsiliumError(error, 'FILE_MISSING')) return [];
    if (!isConsiliumError(error, 'FILE_TOO_LARGE')) throw error;
    throw new ConsiliumError('TOKEN_FILE_INVALID', { file: path, rule: 'too long' });
  }
}

/**
 * Reads, changes and replaces the list. A second command at the same time is refused: `FILE_EXISTS` {file} names the mark
 * of the first, which a killed command leaves behind.
 */
export async function changeAccessFile(
  path: string,
  change: (entries: readonly AccessEntry[]) => readonly AccessEntry[],
): Promise<void> {
  const mark = `${path}.changing`;
  await createFile(mark, `${process.pid}\n`, SECRET_FILE_MODE);
  try {
    const changed = change(await readAccessFile(path));
    await replaceFile(path, accessListToText(changed), SECRET_FILE_MODE);
  } finally {
    await rm(mark, { force: true });
  }
}
