// Owns: keys and values of the rows in which holdings stand. Does not own: when they are written (holdings.ts).
import {
  byteString,
  concat,
  decode,
  encode,
  fromHex,
  type Hex32,
  hex32,
  list,
  OBJECT_BYTES_MAX,
  PACKAGE_BYTES_MAX,
  type Shape,
  toHex,
  uint64Bytes,
  utf8,
} from '@consilium/core';
import { BATCHES_PER_BLOB_MAX, PACKAGES_ASIDE_MAX } from '../limits.ts';
import type { KvWrite } from '../ports.ts';
import { TABLES } from '../tables.ts';

/** The key of a package, and of the row that says since when it waits. */
export function packageKey(batch: Hex32, epoch: number): Uint8Array {
  return concat(fromHex(batch), uint64Bytes(epoch));
}

export function placeOfKey(key: Uint8Array): { readonly batch: Hex32; readonly epoch: number } {
  return { batch: toHex(key.subarray(0, 32)), epoch: numberAt(key, 32) };
}

export function packageRow(batch: Hex32, epoch: number, value: Uint8Array | null): KvWrite {
  return { table: TABLES.packages, key: packageKey(batch, epoch), value };
}

/** null: it waits no longer. */
export function pendingRow(batch: Hex32, epoch: number, timeMs: number | null): KvWrite {
  const value = timeMs === null ? null : uint64Bytes(timeMs);
  return { table: TABLES.pendingBatches, key: packageKey(batch, epoch), value };
}

export function pendingTimeOf(value: Uint8Array): number {
  return numberAt(value, 0);
}

const packagesShape: Shape<readonly Uint8Array[]> = list(
  byteString(PACKAGE_BYTES_MAX),
  PACKAGES_ASIDE_MAX,
  1,
);

export function asideKey(batch: Hex32, epoch: number): Uint8Array {
  return concat(packageKey(batch, epoch), utf8('aside'));
}

/** The newest of them; without packages the row goes. */
export function asideRow(batch: Hex32, epoch: number, packages: readonly Uint8Array[]): KvWrite {
  const value = packages.length === 0 ? null : encode(packagesShape, packages.slice(-PACKAGES_ASIDE_MAX));
  return { table: TABLES.packages, key: asideKey(batch, epoch), value };
}

export function asideOf(value: Uint8Array | undefined): readonly Uint8Array[] {
  return value === undefined ? [] : decode(packagesShape, value, PACKAGES_ASIDE_MAX * OBJECT_BYTES_MAX);
}

/** A blob that no package names: since when, and how long it is. */
export interface Loose {
  readonly timeMs: number;
  readonly bytes: number;
}

export function looseRow(id: Hex32, loose: Loose | null): KvWrite {
  const value = loose === null ? null : concat(uint64Bytes(loose.timeMs), uint64Bytes(loose.bytes));
  return { table: TABLES.looseBlobs, key: fromHex(id), value };
}

export function looseOf(value: Uint8Array): Loose {
  return { timeMs: numberAt(value, 0), bytes: numberAt(value, 8) };
}

const batchesShape: Shape<readonly Hex32[]> = list(hex32, BATCHES_PER_BLOB_MAX, 1);

/** The batches that name a blob; without any the row goes. */
export function ownersRow(id: Hex32, batches: readonly Hex32[]): KvWrite {
  const value = batches.length === 0 ? null : encode(batchesShape, batches);
  return { table: TABLES.blobBatches, key: fromHex(id), value };
}

export function ownersOf(value: Uint8Array | undefined): readonly Hex32[] {
  return value === undefined ? [] : decode(batchesShape, value, OBJECT_BYTES_MAX);
}

function numberAt(bytes: Uint8Array, offset: number): number {
  return Number(new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getBigUint64(offset));
}
