// Owns: the chain and state store on LevelDB: keys by table, synced batches in order, reads of one moment, and that nothing
// is read but what was written. Does not own: what stands in the tables (tables.ts), nor who calls when.
import { ConsiliumError, compareBytes, utf8 } from '@consilium/core';
import { Level } from 'level';
import type { Done, Kv, KvWrite } from '../ports.ts';
import type { CompactRange } from '../replica/pruner.ts';
import { TABLES } from '../tables.ts';
import { findDamagedFile } from './check-files.ts';
import { openRow, rowDamaged, sealRow } from './checksum.ts';
import { type Compactable, createCompaction } from './compaction.ts';
import { storeError } from './errors.ts';
import { migrateStore, OLDEST_FORMAT_MIGRATED } from './migrate.ts';
import { type ScannedRow, type ScanOptions, scanRows } from './scan.ts';

/**
 * The layout of tables.ts; since 2 a checksum behind each value; since 3 it may begin above height 1. Stores of 2 are
 * brought to 3 when they are opened, others are refused.
 */
export const STORE_FORMAT_VERSION = 3;

const FORMAT_KEY = utf8('format');
const BINARY = { keyEncoding: 'view', valueEncoding: 'view' } as const;

type Database = Level<Uint8Array, Uint8Array>;
type Snapshot = ReturnType<Database['snapshot']>;
type Batch = ReturnType<Database['batch']>;

export interface StoreOptions {
  /** Told of a row that is not what was written, before the read of it throws: nothing more may be built on this store. */
  readonly onDamage?: (error: ConsiliumError) => void;
  /** Told of the first batch that could not be written: none can any more, until the store is opened anew. */
  readonly onFailure?: (error: ConsiliumError) => void;
  /** Whether a store of an older format is brought to this one; else it is refused. */
  readonly migrate?: boolean;
}

/** LevelDB, read with suspicion. */
interface Rows {
  readonly database: Database;
  readonly onDamage: (error: ConsiliumError) => void;
}

export interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export interface EntriesOptions {
  /** Only keys that begin with these bytes. */
  readonly prefix?: Uint8Array;
  /** Only keys above this one: where the page before ended. */
  readonly after?: Uint8Array;
  readonly limit: number;
}

/** The store as it was at one moment, whatever is written meanwhile. Holds disk space until closed. */
export interface StoreSnapshot extends Disposable {
  get(table: number, key: Uint8Array): Uint8Array | undefined;
  /** Entries of one table in the order of their keys. */
  entries(table: number, options: EntriesOptions): Promise<readonly Entry[]>;
  /** Every row, damaged ones too: for whoever looks for damage, or carries all of it away. */
  rows(options?: ScanOptions): AsyncIterable<ScannedRow>;
  close(): void;
}

export interface Store extends Kv, AsyncDisposable {
  snapshot(): StoreSnapshot;
  /** Gives the room of deleted rows back to the disk, beside everything else. Throws `STORE_FAILED` {cause}, `DISK_FULL`. */
  compact(ranges: readonly CompactRange[]): Promise<void>;
  /** Ends what was handed to `write` before, then releases the lock. */
  close(): Promise<void>;
}

/**
 * Opens or makes the store in a folder, after a look at every file of it. Holding it is holding the lock of the home: no
 * other process can open it. Throws `STORE_LOCKED`, `STORE_DAMAGED` {file | cause | table, key}, `STORE_FORMAT` {found,
 * known}, `STORE_FAILED` {cause}, `DISK_FULL`. Reads throw `STORE_DAMAGED` {table, key}, the key as a digest.
 */
export async function openStore(
  path: string,
  { onDamage = ignore, onFailure = ignore, migrate = true }: StoreOptions = {},
): Promise<Store> {
  const damaged = await findDamagedFile(path);
  if (damaged !== undefined) throw await damageUnlessLocked(path, damaged);
  const database: Database = new Level(path, BINARY);
  try {
    await database.open();
  } catch (error) {
    throw storeError(error);
  }
  const rows = { database, onDamage };
  try {
    await checkFormat(rows, migrate ? path : undefined);
  } catch (error) {
    await database.close();
    throw storeError(error);
  }
  return createStore(rows, onFailure);
}

function ignore(): void {}

/** Files that another process is writing right now look broken; LevelDB takes its lock before it looks at anything. */
async function damageUnlessLocked(path: string, file: string): Promise<ConsiliumError> {
  const probe: Database = new Level(path, BINARY);
  try {
    await probe.open({ createIfMissing: false, errorIfExists: true });
    await probe.close();
  } catch (thrown) {
    const error = storeError(thrown);
    if (error.code === 'STORE_LOCKED') return error;
  }
  return new ConsiliumError('STORE_DAMAGED', { file });
}

/** `path`: of the store, if it may be brought to this format. */
async function checkFormat(rows: Rows, path: string | undefined): Promise<void> {
  const { database } = rows;
  const key = storeKey(TABLES.meta, FORMAT_KEY);
  const stored = database.getSync(key);
  if (stored === undefined) {
    const anything = await database.keys({ limit: 1 }).all();
    if (anything.length > 0) throw new ConsiliumError('STORE_DAMAGED', { cause: 'FORMAT_MISSING' });
    const row = sealRow(key, Uint8Array.of(STORE_FORMAT_VERSION));
    await database.batch().put(key, row).write({ sync: true });
    return;
  }
  // Version 1 had no checksums.
  const format = stored.length === 1 ? stored : openRow(key, stored);
  if (format === undefined) throw rowDamaged(key);
  const found = format[0] ?? 0;
  if (path !== undefined && found >= OLDEST_FORMAT_MIGRATED && found < STORE_FORMAT_VERSION)
    return migrateStore(database, path, found);
  if (found !== STORE_FORMAT_VERSION) {
    throw new ConsiliumError('STORE_FORMAT', { found, known: STORE_FORMAT_VERSION });
  }
}

function createStore(rows: Rows, onFailure: (error: ConsiliumError) => void): Store {
  const { database } = rows;
  const writer = createWriter(database, onFailure);
  const compaction = createCompaction(database as unknown as Compactable);
  const close = async (): Promise<void> => {
    await writer.idle();
    await compaction.end();
    await database.close();
  };
  return {
    get: (table, key) => readBytes(rows, storeKey(table, key)),
    write: writer.write,
    snapshot: () => openSnapshot(rows),
    compact: compaction.run,
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface Writer {
  readonly write: Kv['write'];
  readonly idle: () => Promise<void>;
}

/**
 * Batches are written one after the other: the thread pool under LevelDB keeps no order. After one failed, the next
 * ones fail with it, since they were made on top of it.
 */
function createWriter(database: Database, onFailure: (error: ConsiliumError) => void): Writer {
  let last: Promise<void> = Promise.resolve();
  let failure: ConsiliumError | undefined;
  const commit = async (batch: Batch): Promise<void> => {
    if (failure !== undefined) return batch.close();
    try {
      await batch.write({ sync: true });
    } catch (error) {
      failure = storeError(error);
      onFailure(failure);
    }
  };
  const write = (writes: readonly KvWrite[], done: Done): void => {
    // Filled now: the caller may reuse its bytes as soon as this returns.
    const batch = fillBatch(database, writes);
    last = last.then(() => commit(batch));
    // Apart from the chain: a fault in `done` is the caller's, and must not pass for a failed write.
    void last.then(() => done(failure));
  };
  return { write, idle: () => last };
}

/** A store that was closed refuses here: the one who writes outlived the one who owns it, a broken invariant. */
function fillBatch(database: Database, writes: readonly KvWrite[]): Batch {
  const batch = database.batch();
  for (const { table, key, value } of writes) {
    const name = storeKey(table, key);
    if (value === null) batch.del(name);
    else batch.put(name, sealRow(name, value));
  }
  return batch;
}

function openSnapshot(rows: Rows): StoreSnapshot {
  const snapshot = rows.database.snapshot();
  const close = (): void => {
    // LevelDB releases it at once; the promise only says so.
    void snapshot.close();
  };
  return {
    get: (table, key) => readBytes(rows, storeKey(table, key), snapshot),
    entries: (table, options) => readEntries(rows, snapshot, table, options),
    rows: (options) => scanRows(rows.database, snapshot, options),
    close,
    [Symbol.dispose]: close,
  };
}

async function readEntries(
  rows: Rows,
  snapshot: Snapshot,
  table: number,
  { prefix = new Uint8Array(), after, limit }: EntriesOptions,
): Promise<readonly Entry[]> {
  const first = storeKey(table, prefix);
  const end = successor(first);
  const start =
    after === undefined || compareBytes(after, prefix) < 0 ? { gte: first } : { gt: storeKey(table, after) };
  try {
    const found = await rows.database.iterator({ ...start, lt: end, limit, snapshot }).all();
    return found.map(([key, row]) => ({
      key: plainBytes(key).slice(1),
      value: checkedValue(rows, key, row),
    }));
  } catch (error) {
    throw storeError(error);
  }
}

/** The lowest key above every key that begins with these bytes. Table numbers stay below 255. */
function successor(prefix: Uint8Array): Uint8Array {
  let length = prefix.length;
  while (prefix[length - 1] === 0xff) length -= 1;
  const next = prefix.slice(0, length);
  next[length - 1] = (next[length - 1] ?? 0) + 1;
  return next;
}

function storeKey(table: number, key: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(key.length + 1);
  bytes[0] = table;
  bytes.set(key, 1);
  return bytes;
}

function readBytes(rows: Rows, key: Uint8Array, snapshot?: Snapshot): Uint8Array | undefined {
  const { database } = rows;
  try {
    const row = snapshot === undefined ? database.getSync(key) : database.getSync(key, { snapshot });
    return row === undefined ? undefined : checkedValue(rows, key, row);
  } catch (error) {
    throw storeError(error);
  }
}

function checkedValue({ onDamage }: Rows, key: Uint8Array, row: Uint8Array): Uint8Array {
  const value = openRow(key, row);
  if (value !== undefined) return value;
  const error = rowDamaged(key);
  onDamage(error);
  throw error;
}

/** LevelDB hands out Buffers, whose `slice` shares memory: the rest of the code expects what it names. */
function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
