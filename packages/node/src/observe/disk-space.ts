// Owns: how much room a file system has left.
import { statfs } from 'node:fs/promises';

/** Bytes that this user may still write under the folder; undefined when the system does not say. */
export async function freeBytes(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
