// Owns: bringing a store of an older format to this one, one way, in one synced batch: so only two states exist, before and
// after. What the batch changes is copied beside the store first. Does not own: which formats are refused (store.ts).
import { basename, dirname, join } from 'node:path';
import { toHex, uint64Bytes, utf8 } from '@consilium/core';
import type { Level } from 'level';
import { replaceFile, SECRET_FILE_MODE } from '../files/atomic-file.ts';
import { TABLES } from '../tables.ts';
import { sealRow } from './checksum.ts';

type Database = Level<Uint8Array, Uint8Array>;

/** Stores from this format on can be brought to the present one. */
export const OLDEST_FORMAT_MIGRATED = 2;

const metaKey = (name: string): Uint8Array => Uint8Array.of(TABLES.meta, ...utf8(name));
const FORMAT_KEY = metaKey('format');
const BASE_KEY = metaKey('base');

interface Change {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/**
 * 2 -> 3: a store may begin above height 1, after pruning or from a snapshot; software of format 2 would take the missing
 * blocks for damage. The base is written out, where it is not there yet.
 */
function changesTo3(database: Database): readonly Change[] {
  const base = database.getSync(BASE_KEY) === undefined ? [{ key: BASE_KEY, value: uint64Bytes(1) }] : [];
  return [...base, { key: FORMAT_KEY, value: Uint8Array.of(3) }];
}

/** `path`: folder of the store. Throws as LevelDB and the system do; then the store is as it was. */
export async function migrateStore(database: Database, path: string, found: number): Promise<void> {
  const changes = changesTo3(database);
  const before = changes.map(({ key }) => {
    const row = database.getSync(key);
    return { key: toHex(key), row: row === undefined ? null : toHex(row) };
  });
  const file = join(dirname(path), `${basename(path)}.format-${found}.json`);
  await replaceFile(file, `${JSON.stringify({ format: found, rows: before }, null, 2)}\n`, SECRET_FILE_MODE);
  const batch = database.batch();
  for (const { key, value } of changes) batch.put(key, sealRow(key, value));
  await batch.write({ sync: true });
}
