// Owns: making a backup from one snapshot of a store, beside whatever writes to it, at a bounded speed. Does not own: the
// form (backup-format.ts), the command or route that asks for it.
import { existsSync } from 'node:fs';
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ConsiliumError, fromHex, genesisHash, type Hex32, toHex } from '@consilium/core';
import { verifySodium } from '../crypto/ed25519-sodium.ts';
import { createFile, PUBLIC_FILE_MODE } from '../files/atomic-file.ts';
import { diskError } from '../files/errors.ts';
import { checkHome, type HomePaths, homePaths } from '../files/home.ts';
import { syncFolder } from '../files/plain-file.ts';
import { BACKUP_BYTES_PER_SECOND, BACKUP_PAUSE_MS_MIN } from '../limits.ts';
import { readBase, readTip } from '../replica/chain.ts';
import { readGenesis } from '../setup/genesis.ts';
import { STORE_FORMAT_VERSION, type StoreSnapshot } from '../store/store.ts';
import { TABLES } from '../tables.ts';
import { whenAnswered } from '../when-done.ts';
import { createPartWriter, digestOf } from './backup-files.ts';
import {
  BACKUP_FORMAT,
  BACKUP_VERSION,
  type BackupFile,
  type BackupManifest,
  COPIED_FILES,
  frameHead,
  isCarried,
  MANIFEST_FILE,
} from './backup-format.ts';
import { withData } from './open-data.ts';

export interface BackupDeps {
  readonly paths: HomePaths;
  readonly genesis: Hex32;
  readonly snapshot: StoreSnapshot;
  /** undefined: it was destroyed meanwhile, or is damaged and will be fetched from the others. */
  readonly readBlob: (id: Hex32) => Promise<Uint8Array | undefined>;
  readonly nowMs: () => number;
  readonly bytesPerSecond?: number;
}

export interface BackupReport {
  readonly out: string;
  readonly height: number;
  readonly rows: number;
  readonly blobs: number;
  readonly bytes: number;
}

/**
 * Under its name only once it is whole and durable. Throws `FILE_EXISTS` {file}, `CHAIN_EMPTY`, `STORE_DAMAGED` for a row
 * that is not what was written, `DISK_FULL`, `DISK_FAILED`.
 */
export async function makeBackup(deps: BackupDeps, out: string): Promise<BackupReport> {
  const target = resolve(out);
  if (existsSync(target)) throw new ConsiliumError('FILE_EXISTS', { file: target });
  const partial = `${target}.partial`;
  try {
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true, mode: 0o700 });
    const { files, ...facts } = await writeAll(deps, partial);
    const manifest = { format: BACKUP_FORMAT, version: BACKUP_VERSION, ...facts, files };
    await createFile(
      join(partial, MANIFEST_FILE),
      `${JSON.stringify(manifest, null, 2)}\n`,
      PUBLIC_FILE_MODE,
    );
    await rename(partial, target);
    await syncFolder(dirname(target));
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    return { out: target, height: facts.height, rows: facts.rows, blobs: facts.blobs, bytes };
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw diskError(error, target);
  }
}

async function writeAll(
  deps: BackupDeps,
  folder: string,
): Promise<Omit<BackupManifest, 'format' | 'version'>> {
  const { snapshot, genesis, nowMs } = deps;
  const tip = readTip(snapshot);
  if (tip === undefined) throw new ConsiliumError('CHAIN_EMPTY');
  const pace = createPace(deps.bytesPerSecond ?? BACKUP_BYTES_PER_SECOND);
  const copied = await copyFiles(deps.paths, folder);
  const rows = await writeRows(snapshot, folder, pace);
  const blobs = await writeBlobs(deps, folder, pace);
  return {
    storeFormat: STORE_FORMAT_VERSION,
    genesis,
    height: tip.height,
    blockId: tip.blockId,
    base: readBase(snapshot),
    madeAtMs: nowMs(),
    rows: rows.count,
    blobs: blobs.count,
    files: [...copied, ...rows.files, ...blobs.files],
  };
}

interface Written {
  readonly count: number;
  readonly files: readonly BackupFile[];
}

type Pace = (bytes: number) => Promise<void>;

async function writeRows(snapshot: StoreSnapshot, folder: string, pace: Pace): Promise<Written> {
  const writer = createPartWriter(folder, 'rows', pace);
  let count = 0;
  for await (const { table, key, value, stored } of snapshot.rows()) {
    if (!isCarried(table, key)) continue;
    // Told with the table and a digest of the key, as any read of it: a backup of damage would be believed.
    if (value === undefined) snapshot.get(table, key);
    await writer.add(frameHead(stored.key.length, stored.row.length), stored.key, stored.row);
    count += 1;
  }
  return { count, files: await writer.end() };
}

async function writeBlobs({ snapshot, readBlob }: BackupDeps, folder: string, pace: Pace): Promise<Written> {
  const writer = createPartWriter(folder, 'blobs', pace);
  let count = 0;
  for await (const { key } of snapshot.rows({ table: TABLES.blobs })) {
    const bytes = key.length === 32 ? await readBlob(toHex(key)) : undefined;
    if (bytes === undefined) continue;
    await writer.add(fromHex(toHex(key)), frameHead(0, bytes.length).subarray(4), bytes);
    count += 1;
  }
  return { count, files: await writer.end() };
}

async function copyFiles({ home }: HomePaths, folder: string): Promise<BackupFile[]> {
  const files: BackupFile[] = [];
  for (const name of COPIED_FILES) {
    if (!existsSync(join(home, name))) continue;
    await copyFile(join(home, name), join(folder, name));
    files.push({ name, ...(await digestOf(join(folder, name))) });
  }
  return files;
}

/** Waits so that on average no more bytes a second are written. */
function createPace(bytesPerSecond: number): Pace {
  const begunMs = performance.now();
  let written = 0;
  return async (bytes) => {
    written += bytes;
    const aheadMs = (written / bytesPerSecond) * 1_000 - (performance.now() - begunMs);
    if (aheadMs > BACKUP_PAUSE_MS_MIN) await pause(aheadMs);
  };
}

/** Of the home of a stopped daemon. Throws `HOME_MISSING`, `STORE_LOCKED` and what `makeBackup` throws. */
export async function backupHome(folder: string, out: string): Promise<BackupReport> {
  const paths = homePaths(folder);
  await checkHome(paths);
  const genesis = genesisHash(await readGenesis(paths.genesis, verifySodium));
  return withData(paths, async (store, vault) => {
    using snapshot = store.snapshot();
    const readBlob: BackupDeps['readBlob'] = (id) => whenAnswered((done) => vault.read(id, done));
    const deps = { paths, genesis, snapshot, readBlob, nowMs: () => Date.now() };
    return await makeBackup({ ...deps, bytesPerSecond: Number.POSITIVE_INFINITY }, out);
  });
}
