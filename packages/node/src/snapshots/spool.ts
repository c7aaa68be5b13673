// Owns: the rows of the state while a snapshot is made, in buckets by the first byte of their key hash: in memory as far as
// they fit, on disk beyond. Does not own: how they are cut into chunks (sync/snapshot-cut.ts).
import { appendFile, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { concat, HASH_BYTES } from '@consilium/core';
import { SECRET_FILE_MODE } from '../files/atomic-file.ts';
import { diskError, errnoOf } from '../files/errors.ts';
import { SNAPSHOT_SPOOL_BYTES } from '../limits.ts';
import type { StateRow } from '../sync/snapshot-cut.ts';
import { ROW_HEAD_BYTES } from '../sync/snapshot-format.ts';

export const BUCKETS = 256;

interface Bucket {
  /** Bytes of its rows as they will stand in chunks. */
  bytes: number;
  rows: number;
  waiting: Uint8Array[];
}

export interface Spool {
  add(row: StateRow): void;
  /** Writes down what is too much for memory. */
  settle(): Promise<void>;
  size(from: number, to: number): { readonly bytes: number; readonly rows: number };
  /** The rows of these buckets, in no order. What was in memory is gone from there. */
  take(from: number, to: number): Promise<StateRow[]>;
  /** Its files, before the folder becomes a snapshot. */
  remove(): Promise<void>;
}

export function createSpool(folder: string): Spool {
  const buckets: Bucket[] = Array.from({ length: BUCKETS }, () => ({ bytes: 0, rows: 0, waiting: [] }));
  let inMemory = 0;
  const fileOf = (index: number): string => join(folder, `spool-${index}`);
  const written = new Set<string>();

  const settle = async (): Promise<void> => {
    if (inMemory < SNAPSHOT_SPOOL_BYTES) return;
    for (const [index, bucket] of buckets.entries()) {
      if (bucket.waiting.length === 0) continue;
      const bytes = concat(...bucket.waiting);
      bucket.waiting = [];
      written.add(fileOf(index));
      try {
        await appendFile(fileOf(index), bytes, { mode: SECRET_FILE_MODE });
      } catch (error) {
        throw diskError(error, fileOf(index));
      }
    }
    inMemory = 0;
  };

  const takeOne = async (index: number): Promise<StateRow[]> => {
    const bucket = buckets[index] as Bucket;
    const { waiting } = bucket;
    bucket.waiting = [];
    const begun = await readIfThere(fileOf(index));
    return parse(concat(begun, ...waiting));
  };

  return {
    add: ({ keyHash, raw }) => {
      const bucket = buckets[keyHash[0] ?? 0] as Bucket;
      bucket.waiting.push(keyHash, raw);
      bucket.bytes += raw.length;
      bucket.rows += 1;
      inMemory += HASH_BYTES + raw.length;
    },
    settle,
    size: (from, to) =>
      buckets
        .slice(from, to)
        .reduce((sum, { bytes, rows }) => ({ bytes: sum.bytes + bytes, rows: sum.rows + rows }), {
          bytes: 0,
          rows: 0,
        }),
    take: async (from, to) => {
      const rows: StateRow[] = [];
      for (let index = from; index < to; index += 1) rows.push(...(await takeOne(index)));
      return rows;
    },
    remove: async () => {
      for (const file of written)
        await rm(file, { force: true }).catch((error: unknown) => {
          throw diskError(error, file);
        });
      written.clear();
    },
  };
}

async function readIfThere(file: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(file));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return new Uint8Array();
    throw diskError(error, file);
  }
}

/** Key hash, then the row, one after the other. */
function parse(bytes: Uint8Array): StateRow[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rows: StateRow[] = [];
  for (let at = 0; at < bytes.length; ) {
    const rowAt = at + HASH_BYTES;
    const end = rowAt + ROW_HEAD_BYTES + view.getUint16(rowAt + 1) + view.getUint32(rowAt + 3);
    rows.push({ keyHash: bytes.subarray(at, rowAt), raw: bytes.subarray(rowAt, end) });
    at = end;
  }
  return rows;
}
