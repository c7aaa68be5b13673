// Owns: cutting the state into chunks: a function of the state alone, so that all nodes make the same chunks at the same
// height (S1). Does not own: reading the state, and where chunks are kept.
import { buildPart, compareBytes, concat, type Header, type Sha256, toHex, treeBit } from '@consilium/core';
import { SNAPSHOT_CHUNK_BYTES, SNAPSHOT_DEPTH_MAX } from '../limits.ts';
import {
  encodeManifest,
  type Hashing,
  ROW_HEAD_BYTES,
  SNAPSHOT_VERSION,
  type SnapshotPart,
} from './snapshot-format.ts';

/** One row of state, and its bytes in a chunk. */
export interface StateRow {
  readonly keyHash: Uint8Array;
  readonly raw: Uint8Array;
}

/** `key`: the table byte and the ledger key behind it, as in the node's table `state`. */
export function stateRow(key: Uint8Array, value: Uint8Array, sha256: Sha256): StateRow {
  const head = new Uint8Array(ROW_HEAD_BYTES);
  const view = new DataView(head.buffer);
  head[0] = key[0] ?? 0;
  view.setUint16(1, key.length - 1);
  view.setUint32(3, value.length);
  return { keyHash: sha256(key), raw: concat(head, key.subarray(1), value) };
}

/** Version byte, then the rows sorted by key hash. */
export function encodeChunk(sorted: readonly StateRow[]): Uint8Array {
  return concat(Uint8Array.of(SNAPSHOT_VERSION), ...sorted.map(({ raw }) => raw));
}

/** Rows under one prefix are one chunk up to so many bytes; else they are cut by the next bit (S1). */
export function fitsChunk(depth: number, bytes: number, chunkBytes: number): boolean {
  return bytes <= chunkBytes || depth === SNAPSHOT_DEPTH_MAX;
}

export interface CutChunk {
  readonly part: SnapshotPart;
  readonly bytes: Uint8Array;
}

/** Cuts rows that share the first `depth` bits, sorted by key hash, until each piece fits. In the order of prefixes. */
export function* cutRows(
  depth: number,
  sorted: readonly StateRow[],
  chunkBytes: number,
  hashing: Hashing,
): Generator<CutChunk> {
  const size = sorted.reduce((sum, { raw }) => sum + raw.length, 0);
  if (fitsChunk(depth, size, chunkBytes) || sorted.length < 2) {
    yield chunkOf(depth, sorted, hashing);
    return;
  }
  const middle = sorted.findIndex(({ keyHash }) => treeBit(keyHash, depth) === 1);
  const split = middle < 0 ? sorted.length : middle;
  yield* cutRows(depth + 1, sorted.slice(0, split), chunkBytes, hashing);
  yield* cutRows(depth + 1, sorted.slice(split), chunkBytes, hashing);
}

function chunkOf(depth: number, sorted: readonly StateRow[], hashing: Hashing): CutChunk {
  const leaves = sorted.map(({ keyHash, raw }) => ({ keyHash, valueHash: hashing.sha256(rowValue(raw)) }));
  const { part } = buildPart(depth, leaves, hashing.hashBlocks);
  const bytes = encodeChunk(sorted);
  return {
    part: { depth, rows: sorted.length, bytes: bytes.length, hash: toHex(part.hash) },
    bytes,
  };
}

function rowValue(raw: Uint8Array): Uint8Array {
  const valueLength = new DataView(raw.buffer, raw.byteOffset, raw.byteLength).getUint32(3);
  return raw.subarray(raw.length - valueLength);
}

export function sortRows(rows: StateRow[]): StateRow[] {
  return rows.sort((a, b) => compareBytes(a.keyHash, b.keyHash));
}

export interface CutState {
  readonly manifest: Uint8Array;
  readonly chunks: readonly Uint8Array[];
}

/** The whole state after this block, in memory. Rows as they stand in the node's table `state`. */
export function cutState(
  header: Header,
  rows: Iterable<{ readonly key: Uint8Array; readonly value: Uint8Array }>,
  hashing: Hashing,
  chunkBytes: number = SNAPSHOT_CHUNK_BYTES,
): CutState {
  const sorted = sortRows(Array.from(rows, ({ key, value }) => stateRow(key, value, hashing.sha256)));
  const chunks = [...cutRows(0, sorted, chunkBytes, hashing)];
  const parts = chunks.map(({ part }) => part);
  return {
    manifest: encodeManifest({ version: SNAPSHOT_VERSION, header, parts }),
    chunks: chunks.map(({ bytes }) => bytes),
  };
}
