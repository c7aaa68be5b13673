// Owns: the checksum that every row of the store carries, over table, key and value: LevelDB serves blocks whose bits were
// flipped as if they were good.
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { ConsiliumError, toHex } from '@consilium/core';
import { TABLES } from '../tables.ts';

export const CHECKSUM_BYTES = 4;

const KEY_DIGEST_BYTES = 8;

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(TABLES).map(([name, table]) => [table, name]),
);

/** `storeKey`: the number of the table, then the key in it. */
export function sealRow(storeKey: Uint8Array, value: Uint8Array): Uint8Array {
  // From the pool: thousands of rows a block, each copied by LevelDB and forgotten.
  const row = Buffer.allocUnsafe(value.length + CHECKSUM_BYTES);
  row.set(value);
  row.writeUInt32BE(checksumOf(storeKey, value), value.length);
  return row;
}

/** The value; undefined when it is not what was written under this key. */
export function openRow(storeKey: Uint8Array, row: Uint8Array): Uint8Array | undefined {
  const length = row.length - CHECKSUM_BYTES;
  if (length < 0) return undefined;
  const value = new Uint8Array(row.buffer, row.byteOffset, length);
  const found = new DataView(row.buffer, row.byteOffset + length).getUint32(0);
  return found === checksumOf(storeKey, value) ? value : undefined;
}

/** Names the table and a digest of the key: a key may be a patient's. */
export function rowDamaged(storeKey: Uint8Array): ConsiliumError {
  const [table = 0] = storeKey;
  const digest = createHash('sha256').update(storeKey.subarray(1)).digest();
  return new ConsiliumError('STORE_DAMAGED', {
    table: NAMES.get(table) ?? String(table),
    key: toHex(digest.subarray(0, KEY_DIGEST_BYTES)),
  });
}

function checksumOf(storeKey: Uint8Array, value: Uint8Array): number {
  return crc32(value, crc32(storeKey));
}
