// Owns: looking at what a custodian holds: each blob of the index by its content id, each package by its form, and whether
// the blobs that packages name are there. Does not own: mending (custody repairs what it finds missing).
import { type FileHandle, open } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { BLOB_BYTES_MAX, isConsiliumError, toHex } from '@consilium/core';
import { placeOfKey } from '../custody/holding-rows.ts';
import { storedPackage } from '../custody/stored-package.ts';
import { errnoOf } from '../files/errors.ts';
import type { HomePaths } from '../files/home.ts';
import type { StoreSnapshot } from '../store/store.ts';
import { TABLES } from '../tables.ts';
import { contentId } from '../vault/content-id.ts';
import { readAt } from '../vault/handle-pool.ts';
import { decodeLocation, type Location } from '../vault/location.ts';
import { ENTRY_HEADER_BYTES } from '../vault/segment-entry.ts';
import { segmentName } from '../vault/segment-file.ts';
import { type Findings, keyDigest } from './findings.ts';

const ID_BYTES = 32;
const PACKAGE_KEY_BYTES = 40;

export interface VaultFound {
  readonly blobs: number;
  readonly packages: number;
}

export async function examineVault(
  paths: HomePaths,
  store: StoreSnapshot,
  findings: Findings,
): Promise<VaultFound> {
  const blobs = await examineBlobs(paths, store, findings);
  await examineNamed(store, findings);
  return { blobs, packages: await examinePackages(store, findings) };
}

async function examineBlobs(paths: HomePaths, store: StoreSnapshot, findings: Findings): Promise<number> {
  let blobs = 0;
  for await (const { key, value } of store.rows({ table: TABLES.blobs })) {
    if (key.length !== ID_BYTES || value === undefined) continue;
    blobs += 1;
    const location = decodeLocation(value);
    if (location === undefined) {
      findings.add({ part: 'blob', problem: 'its place is unreadable', table: 'blobs', key: keyDigest(key) });
      continue;
    }
    const id = toHex(key);
    const path = pathOf(paths, id, location);
    const bytes = await bytesAt(path, location);
    if (bytes !== undefined && (await contentId(bytes)) === id) continue;
    const problem = bytes === undefined ? 'missing' : 'altered';
    // The name of a file of its own is the id of the blob: what is told is the folder.
    const file = relative(paths.home, location.type === 'file' ? join(paths.vault, 'files') : path);
    findings.add({ part: 'blob', problem, file, key: keyDigest(key) });
  }
  return blobs;
}

function pathOf({ vault }: HomePaths, id: string, location: Location): string {
  return location.type === 'file'
    ? join(vault, 'files', id.slice(0, 2), id)
    : join(vault, 'segments', segmentName(location.segment));
}

/** undefined when there is no such file, or the disk does not give it. */
async function bytesAt(path: string, location: Location): Promise<Uint8Array | undefined> {
  if (location.length > BLOB_BYTES_MAX) return undefined;
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const offset = location.type === 'file' ? 0 : location.offset + ENTRY_HEADER_BYTES;
    return await readAt(handle, offset, location.length);
  } catch (error) {
    if (errnoOf(error) === 'EIO') return undefined;
    throw error;
  } finally {
    await handle.close();
  }
}

/** Blobs that a package names and of which the index knows nothing. */
async function examineNamed(store: StoreSnapshot, findings: Findings): Promise<void> {
  for await (const { key } of store.rows({ table: TABLES.blobBatches })) {
    if (isThere(store, key)) continue;
    findings.add({ part: 'blob', problem: 'missing', table: 'blobs', key: keyDigest(key) });
  }
}

/** A row that does not open is there, and was named. */
function isThere(store: StoreSnapshot, key: Uint8Array): boolean {
  try {
    return store.get(TABLES.blobs, key) !== undefined;
  } catch (error) {
    if (isConsiliumError(error)) return true;
    throw error;
  }
}

async function examinePackages(store: StoreSnapshot, findings: Findings): Promise<number> {
  let packages = 0;
  for await (const { key, value } of store.rows({ table: TABLES.packages })) {
    if (key.length !== PACKAGE_KEY_BYTES || value === undefined) continue;
    packages += 1;
    const content = storedPackage(value);
    const { batch, epoch } = placeOfKey(key);
    if (content?.batch === batch && content.epoch === epoch) continue;
    findings.add({ part: 'package', problem: 'unreadable', table: 'packages', key: keyDigest(key) });
  }
  return packages;
}
