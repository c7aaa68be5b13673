// Owns: bringing a backup back into a home without data: all of it beside first, under its name only when it is whole. It
// brings no signing record, so that the node watches before it votes. Does not own: the form of a backup.
import { existsSync } from 'node:fs';
import { copyFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ConsiliumError, genesisHash, toHex } from '@consilium/core';
import { verifySodium } from '../crypto/ed25519-sodium.ts';
import { createFile, PUBLIC_FILE_MODE } from '../files/atomic-file.ts';
import { diskError } from '../files/errors.ts';
import { type HomePaths, homePaths, makeHomeFolders } from '../files/home.ts';
import { syncFolder } from '../files/plain-file.ts';
import { RESTORE_BATCH_BYTES } from '../limits.ts';
import type { Kv, KvWrite, Vault } from '../ports.ts';
import { readGenesis } from '../setup/genesis.ts';
import { openRow } from '../store/checksum.ts';
import { openStore, STORE_FORMAT_VERSION } from '../store/store.ts';
import { openVault } from '../vault/vault.ts';
import { whenDone } from '../when-done.ts';
import { type BackupManifest, COPIED_FILES, readManifest } from './backup-format.ts';
import { blobsIn, rowsIn } from './backup-rows.ts';
import { verifyBackup } from './verify-backup.ts';

export interface RestoreReport {
  readonly home: string;
  readonly height: number;
  readonly rows: number;
  readonly blobs: number;
}

/**
 * Throws `BACKUP_DAMAGED` {file}, `BACKUP_VERSION`, `STORE_FORMAT` for a backup of a newer store, `FILE_EXISTS` where there
 * is a chain already, `GENESIS_MISMATCH`, `DISK_FULL`, `DISK_FAILED`.
 */
export async function restoreBackup(from: string, folder: string): Promise<RestoreReport> {
  const { whole, damaged } = await verifyBackup(from);
  if (!whole) throw new ConsiliumError('BACKUP_DAMAGED', { file: damaged[0]?.file ?? from });
  const manifest = await readManifest(from);
  const { storeFormat, height } = manifest;
  if (storeFormat > STORE_FORMAT_VERSION)
    throw new ConsiliumError('STORE_FORMAT', { found: storeFormat, known: STORE_FORMAT_VERSION });
  const paths = homePaths(folder);
  await makeHomeFolders(paths);
  if ((await readdir(paths.data)).length > 0) throw new ConsiliumError('FILE_EXISTS', { file: paths.data });
  try {
    await bringFiles(from, paths, manifest);
    const counts = await bringData(from, paths, manifest);
    return { home: paths.home, height, ...counts };
  } catch (error) {
    throw diskError(error, paths.home);
  }
}

/** What the home has of its own stays: the operator's copy may be newer. */
async function bringFiles(from: string, paths: HomePaths, { genesis, files }: BackupManifest): Promise<void> {
  for (const name of COPIED_FILES) {
    const isThere = existsSync(join(paths.home, name)) || !files.some((file) => file.name === name);
    if (!isThere) await copyFile(join(from, name), join(paths.home, name));
  }
  const own = genesisHash(await readGenesis(paths.genesis, verifySodium));
  if (own !== genesis) throw new ConsiliumError('GENESIS_MISMATCH', { home: own, given: genesis });
}

async function bringData(
  from: string,
  paths: HomePaths,
  { files }: BackupManifest,
): Promise<{ readonly rows: number; readonly blobs: number }> {
  const beside = `${paths.data}.restoring`;
  await rm(beside, { recursive: true, force: true });
  const counts = { rows: 0, blobs: 0 };
  const store = await openStore(beside);
  try {
    for (const { name } of files)
      if (name.startsWith('rows-')) counts.rows += await bringRows(store, join(from, name));
    const vault = await openVault(paths.vault, store, () => undefined);
    try {
      for (const { name } of files)
        if (name.startsWith('blobs-')) counts.blobs += await bringBlobs(vault, join(from, name));
    } finally {
      await vault.close();
    }
  } finally {
    await store.close();
  }
  // Keys that were used before: a home made for them has signed, whatever its mark says.
  await rm(paths.unsigned, { force: true });
  if (!existsSync(paths.holdsChain))
    await createFile(paths.holdsChain, 'data/ holds a chain: an empty one is a loss.\n', PUBLIC_FILE_MODE);
  await syncFolder(paths.state);
  await rm(paths.data, { recursive: true });
  await rename(beside, paths.data);
  await syncFolder(paths.home);
  return counts;
}

async function bringRows(store: Kv, path: string): Promise<number> {
  let [rows, bytes] = [0, 0];
  let batch: KvWrite[] = [];
  const flush = async (): Promise<void> => {
    const writes = batch;
    batch = [];
    bytes = 0;
    await whenDone((done) => store.write(writes, done));
  };
  for await (const { key, row } of rowsIn(path)) {
    const value = openRow(key, row);
    if (value === undefined) throw new ConsiliumError('BACKUP_DAMAGED', { file: path });
    batch.push({ table: key[0] ?? 0, key: key.subarray(1), value });
    rows += 1;
    bytes += key.length + row.length;
    if (bytes > RESTORE_BATCH_BYTES) await flush();
  }
  await flush();
  return rows;
}

async function bringBlobs(vault: Vault, path: string): Promise<number> {
  let blobs = 0;
  for await (const { id, bytes } of blobsIn(path)) {
    blobs += 1;
    await whenDone((done) => vault.write([bytes], done));
    if (!vault.has(toHex(id))) throw new ConsiliumError('BACKUP_DAMAGED', { file: path });
  }
  return blobs;
}
