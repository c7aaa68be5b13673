// Owns: what a backup looks like: a folder with a manifest, the rows of the store and the blobs of the vault in files of
// bounded size, and the public files of the home. No key, no signing record, no log. Does not own: making or reading one.
//
// rows-NNNNNN.bin:  key length (4 bytes) | row length (4) | table and key | value and its checksum, again and again
// blobs-NNNNNN.bin: content id (32) | length (4) | bytes, again and again

import { join } from 'node:path';
import { ConsiliumError, type Hex32, isHexOf, utf8 } from '@consilium/core';
import { readSmallFile } from '../files/atomic-file.ts';
import { BACKUP_MANIFEST_BYTES_MAX } from '../limits.ts';
import { TABLES } from '../tables.ts';

export const BACKUP_FORMAT = 'consilium-backup';
export const BACKUP_VERSION = 1;
export const MANIFEST_FILE = 'manifest.json';
/** Public files of the home that are copied as they are. */
export const COPIED_FILES = ['config.toml', 'genesis.json', 'validator.json'] as const;

export interface BackupFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: Hex32;
}

export interface BackupManifest {
  readonly format: typeof BACKUP_FORMAT;
  readonly version: number;
  readonly storeFormat: number;
  readonly genesis: Hex32;
  readonly height: number;
  readonly blockId: Hex32;
  readonly base: number;
  /** Milliseconds since the epoch. */
  readonly madeAtMs: number;
  readonly rows: number;
  readonly blobs: number;
  readonly files: readonly BackupFile[];
}

const FILE_NAME = /^(?:(?:rows|blobs)-[0-9]{6}\.bin|config\.toml|genesis\.json|validator\.json)$/;

/** Throws `FILE_MISSING`, `BACKUP_DAMAGED` {file}, `BACKUP_VERSION` {found, known}. */
export async function readManifest(folder: string): Promise<BackupManifest> {
  const { bytes } = await readSmallFile(join(folder, MANIFEST_FILE), BACKUP_MANIFEST_BYTES_MAX);
  const manifest = parse(new TextDecoder().decode(bytes));
  if (manifest?.format !== BACKUP_FORMAT) throw damaged();
  if (manifest.version !== BACKUP_VERSION)
    throw new ConsiliumError('BACKUP_VERSION', { found: Number(manifest.version), known: BACKUP_VERSION });
  if (!isWhole(manifest)) throw damaged();
  return manifest;
}

function damaged(): ConsiliumError {
  return new ConsiliumError('BACKUP_DAMAGED', { file: MANIFEST_FILE });
}

function parse(text: string): BackupManifest | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as BackupManifest) : undefined;
  } catch {
    return undefined;
  }
}

function isWhole({ genesis, blockId, files, ...numbers }: BackupManifest): boolean {
  const { storeFormat, height, base, madeAtMs, rows, blobs } = numbers;
  if (![storeFormat, height, base, madeAtMs, rows, blobs].every(isCount)) return false;
  if (!isHexOf(genesis, 32) || !isHexOf(blockId, 32) || !Array.isArray(files)) return false;
  return files.every(
    (file: Partial<BackupFile>) =>
      typeof file.name === 'string' &&
      FILE_NAME.test(file.name) &&
      isCount(file.bytes) &&
      isHexOf(file.sha256, 32),
  );
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

const META_KEPT = ['tip', 'base'].map((name) => Buffer.from(utf8(name)).toString('hex'));

/** The index of the vault is made anew where it is restored; of the store's own notes only those of the chain are carried. */
export function isCarried(table: number, key: Uint8Array): boolean {
  if (table === TABLES.blobs) return false;
  return table !== TABLES.meta || META_KEPT.includes(Buffer.from(key).toString('hex'));
}

export function frameHead(first: number, second: number): Uint8Array {
  const head = new Uint8Array(8);
  const view = new DataView(head.buffer);
  view.setUint32(0, first);
  view.setUint32(4, second);
  return head;
}
