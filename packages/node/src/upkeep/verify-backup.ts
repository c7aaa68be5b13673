// Owns: re-hashing a backup offline: each file by its digest, each row by its checksum, each blob by its content. Does not
// own: whether the chain in it is whole (verify/, after it is restored).
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isConsiliumError, toHex } from '@consilium/core';
import { openRow } from '../store/checksum.ts';
import { contentId } from '../vault/content-id.ts';
import { createFindings, type Damage, type Findings } from '../verify/findings.ts';
import { digestOf } from './backup-files.ts';
import { type BackupManifest, MANIFEST_FILE, readManifest } from './backup-format.ts';
import { blobsIn, rowsIn } from './backup-rows.ts';

export interface BackupVerifyReport {
  readonly whole: boolean;
  readonly damaged: readonly Damage[];
  readonly damagedCount: number;
  readonly height: number;
  readonly rows: number;
  readonly blobs: number;
}

/** Throws `FILE_MISSING` where there is no backup, `BACKUP_VERSION`. What it finds damaged is no error. */
export async function verifyBackup(folder: string): Promise<BackupVerifyReport> {
  const findings = createFindings();
  const manifest = await manifestOf(folder, findings);
  const looked = { rows: 0, blobs: 0 };
  if (manifest !== undefined) await examine(folder, manifest, findings, looked);
  const damaged = findings.named();
  const height = manifest?.height ?? 0;
  return { whole: !findings.any(), damaged, damagedCount: findings.count(), height, ...looked };
}

async function manifestOf(folder: string, findings: Findings): Promise<BackupManifest | undefined> {
  try {
    return await readManifest(folder);
  } catch (error) {
    if (!isConsiliumError(error, 'BACKUP_DAMAGED')) throw error;
    findings.add({ part: 'backup', problem: 'unreadable', file: MANIFEST_FILE, code: error.code });
    return undefined;
  }
}

async function examine(
  folder: string,
  manifest: BackupManifest,
  findings: Findings,
  looked: { rows: number; blobs: number },
): Promise<void> {
  for (const { name, bytes, sha256 } of manifest.files) {
    const path = join(folder, name);
    const wrong = (problem: string): void =>
      findings.add({ part: 'backup', problem, file: name, code: 'BACKUP_DAMAGED' });
    if (!existsSync(path)) {
      wrong('missing');
      continue;
    }
    const found = await digestOf(path);
    if (found.bytes !== bytes || found.sha256 !== sha256) wrong('altered');
    if (name.startsWith('rows-')) looked.rows += await examineRows(path, wrong);
    if (name.startsWith('blobs-')) looked.blobs += await examineBlobs(path, wrong);
  }
  const isShort = looked.rows !== manifest.rows || looked.blobs !== manifest.blobs;
  if (isShort && !findings.any())
    findings.add({ part: 'backup', problem: 'not as many rows and blobs as it says', file: MANIFEST_FILE });
}

async function examineRows(path: string, wrong: (problem: string) => void): Promise<number> {
  let rows = 0;
  for await (const { key, row } of rowsIn(path)) {
    rows += 1;
    if (openRow(key, row) === undefined) wrong('holds a row that is not what was written');
  }
  return rows;
}

async function examineBlobs(path: string, wrong: (problem: string) => void): Promise<number> {
  let blobs = 0;
  for await (const { id, bytes } of blobsIn(path)) {
    blobs += 1;
    if ((await contentId(bytes)) !== toHex(id)) wrong('holds a blob that is not what was written');
  }
  return blobs;
}
