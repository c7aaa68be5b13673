// Owns: snapshots as files of the home: one folder each, named by its height, with a manifest and one file per chunk; made
// beside its place and moved there whole, so that what stands there is complete. Does not own: making and serving them.
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { concat, equalBytes } from '@consilium/core';
import { sha256Native } from '../crypto/sha256-native.ts';
import { diskError, errnoOf } from '../files/errors.ts';
import { syncFolder } from '../files/plain-file.ts';
import { SNAPSHOT_CHUNK_BYTES_MAX, SNAPSHOT_MANIFEST_BYTES_MAX } from '../limits.ts';

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
const DIGEST_BYTES = 32;
const MAKING = 'making';

function chunkName(index: number): string {
  return `${String(index).padStart(5, '0')}.chunk`;
}

/** Throws `DISK_FULL`, `DISK_FAILED`; leaves no half of anything behind. */
export async function beginFolder(root: string): Promise<string> {
  const folder = join(root, MAKING);
  try {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    return folder;
  } catch (error) {
    throw diskError(error, folder);
  }
}

/** Each file ends with the digest of what stands before it: what a disk flipped is never served. */
export async function writeChunkFile(folder: string, index: number, bytes: Uint8Array): Promise<void> {
  await writeSealed(join(folder, chunkName(index)), bytes);
}

export async function finishFolder(
  root: string,
  folder: string,
  height: number,
  manifest: Uint8Array,
): Promise<void> {
  const place = join(root, String(height));
  try {
    await writeSealed(join(folder, 'manifest'), manifest);
    await syncFolder(folder);
    await rm(place, { recursive: true, force: true });
    await rename(folder, place);
    await syncFolder(root);
  } catch (error) {
    throw diskError(error, place);
  }
}

async function writeSealed(file: string, bytes: Uint8Array): Promise<void> {
  try {
    const handle = await open(file, 'w', FILE_MODE);
    try {
      await writeFile(handle, concat(bytes, sha256Native(bytes)));
      await handle.datasync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw diskError(error, file);
  }
}

export async function readManifestFile(root: string, height: number): Promise<Uint8Array | undefined> {
  return readSealed(join(root, String(height), 'manifest'), SNAPSHOT_MANIFEST_BYTES_MAX);
}

export async function readChunkFile(
  root: string,
  height: number,
  index: number,
): Promise<Uint8Array | undefined> {
  return readSealed(join(root, String(height), chunkName(index)), SNAPSHOT_CHUNK_BYTES_MAX);
}

/** undefined: not there, or not what was written. */
async function readSealed(file: string, bytesMax: number): Promise<Uint8Array | undefined> {
  try {
    const content = new Uint8Array(await readFile(file));
    if (content.length < DIGEST_BYTES || content.length > bytesMax + DIGEST_BYTES) return undefined;
    const bytes = content.subarray(0, content.length - DIGEST_BYTES);
    return equalBytes(sha256Native(bytes), content.subarray(bytes.length)) ? bytes : undefined;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw diskError(error, file);
  }
}

export interface SnapshotFile {
  readonly height: number;
  /** From the folder of all snapshots. */
  readonly name: string;
  readonly whole: boolean;
}

/** Every file of every snapshot, and whether it is what was written. Changes nothing. */
export async function* snapshotFiles(root: string): AsyncGenerator<SnapshotFile> {
  for (const folder of await namesIn(root)) {
    if (!/^[1-9][0-9]{0,15}$/.test(folder)) continue;
    for (const file of await namesIn(join(root, folder))) {
      const bytesMax = Math.max(SNAPSHOT_CHUNK_BYTES_MAX, SNAPSHOT_MANIFEST_BYTES_MAX);
      const whole = (await readSealed(join(root, folder, file), bytesMax)) !== undefined;
      yield { height: Number(folder), name: join(folder, file), whole };
    }
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw diskError(error, folder);
  }
}

/** Heights of the snapshots that are whole, the newest first. What an earlier run left half made is removed. */
export async function listSnapshots(root: string): Promise<number[]> {
  try {
    await mkdir(root, { recursive: true, mode: FOLDER_MODE });
    await rm(join(root, MAKING), { recursive: true, force: true });
    const names = await readdir(root);
    const heights = names.filter((name) => /^[1-9][0-9]{0,15}$/.test(name)).map(Number);
    return heights.sort((a, b) => b - a);
  } catch (error) {
    throw diskError(error, root);
  }
}

export async function removeSnapshot(root: string, height: number): Promise<void> {
  try {
    await rm(join(root, String(height)), { recursive: true, force: true });
  } catch (error) {
    throw diskError(error, root);
  }
}
