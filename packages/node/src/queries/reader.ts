// Owns: how a query sees the store: one consistent snapshot, read by table and key. Does not own: LevelDB, the tables'
// numbers (tables.ts).
import { type TreeReader, uint64Bytes } from '@consilium/core';
import { TABLES } from '../tables.ts';

/** The store as of one commit. Everything read from one reader belongs together. */
export interface ChainReader {
  /** Height of the last block of this snapshot; 0 before the first. */
  readonly height: number;
  readonly get: (table: number, key: Uint8Array) => Uint8Array | undefined;
  /** Keys of the table above `after`, in byte order, at most `limit`. */
  readonly keysAfter: (table: number, after: Uint8Array, limit: number) => Promise<readonly Uint8Array[]>;
}

/** A reader that holds a resource of the store until it is closed. */
export interface ChainSnapshot extends ChainReader {
  readonly close: () => void;
}

export function heightKey(height: number): Uint8Array {
  return uint64Bytes(height);
}

export function heightOfKey(key: Uint8Array): number {
  return Number(new DataView(key.buffer, key.byteOffset, key.byteLength).getBigUint64(0));
}

/** The state tree of this snapshot, for proofs. */
export function treeOf(reader: ChainReader): TreeReader {
  return { node: (path) => reader.get(TABLES.tree, path) };
}
