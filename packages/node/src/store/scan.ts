// Owns: going through every row of the store, damaged ones too, in the order of the keys and with little in memory. Does
// not own: what a row should say.
import type { Level } from 'level';
import { openRow } from './checksum.ts';

type Database = Level<Uint8Array, Uint8Array>;
type Snapshot = ReturnType<Database['snapshot']>;

/** One row as the disk gives it. */
export interface ScannedRow {
  readonly table: number;
  readonly key: Uint8Array;
  /** undefined: not what was written under this key. */
  readonly value: Uint8Array | undefined;
  /** Key with its table, and value with its checksum. */
  readonly stored: { readonly key: Uint8Array; readonly row: Uint8Array };
}

export interface ScanOptions {
  /** Of all tables without it. */
  readonly table?: number;
}

/** Fetched ahead of the one who reads: what it costs in memory. */
const AHEAD_BYTES = 256 * 1024;

export async function* scanRows(
  database: Database,
  snapshot: Snapshot,
  { table }: ScanOptions = {},
): AsyncGenerator<ScannedRow> {
  const range = table === undefined ? {} : { gte: Uint8Array.of(table), lt: Uint8Array.of(table + 1) };
  const rows = database.iterator({ ...range, snapshot, highWaterMarkBytes: AHEAD_BYTES, fillCache: false });
  for await (const [storedKey, storedRow] of rows) {
    const key = plainBytes(storedKey);
    const row = plainBytes(storedRow);
    yield { table: key[0] ?? 0, key: key.subarray(1), value: openRow(key, row), stored: { key, row } };
  }
}

function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
