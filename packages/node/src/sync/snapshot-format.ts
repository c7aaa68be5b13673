// Owns: the form of snapshots: a manifest that names the parts of the state tree after one block, and chunks, each all rows
// of state under one part's prefix. What holds: docs/protocol.md, "Snapshots". Does not own: how they are made, kept
// (snapshots/), served and fetched.
import {
  buildPart,
  byteString,
  ConsiliumError,
  compareBytes,
  concat,
  decode,
  encode,
  fromHex,
  type HashBlocks64,
  type Header,
  type Hex32,
  headerShape,
  hex32,
  integer,
  joinParts,
  list,
  type Sha256,
  type Shape,
  STATE_VALUE_BYTES_MAX,
  struct,
  type TreeLeaf,
  type TreePart,
  toHex,
  treePath,
} from '@consilium/core';
import {
  SNAPSHOT_CHUNK_BYTES_MAX,
  SNAPSHOT_DEPTH_MAX,
  SNAPSHOT_MANIFEST_BYTES_MAX,
  SNAPSHOT_PARTS_MAX,
} from '../limits.ts';

export const SNAPSHOT_VERSION = 1;

/** One part of the state tree, and the chunk that holds its rows. In the order of their prefixes. */
export interface SnapshotPart {
  /** Bits of its prefix. */
  readonly depth: number;
  readonly rows: number;
  /** Of its chunk. */
  readonly bytes: number;
  /** Of the subtree; zeros without rows. */
  readonly hash: Hex32;
}

export interface Manifest {
  readonly version: number;
  /** The state is that after this block. */
  readonly header: Header;
  readonly parts: readonly SnapshotPart[];
}

const manifestShape: Shape<Manifest> = struct<Manifest>({
  version: integer(SNAPSHOT_VERSION, SNAPSHOT_VERSION),
  header: headerShape,
  parts: list(
    struct<SnapshotPart>({
      depth: integer(0, SNAPSHOT_DEPTH_MAX),
      rows: integer(0, 0xffff_ffff),
      bytes: integer(1, SNAPSHOT_CHUNK_BYTES_MAX),
      hash: hex32,
    }),
    SNAPSHOT_PARTS_MAX,
    1,
  ),
});
export const manifestBytesShape: Shape<Uint8Array> = byteString(SNAPSHOT_MANIFEST_BYTES_MAX);

export function encodeManifest(manifest: Manifest): Uint8Array {
  return encode(manifestShape, manifest);
}

/** Throws `ENCODING_TOO_LARGE` or `ENCODING_INVALID`. */
export function decodeManifest(bytes: Uint8Array): Manifest {
  return decode(manifestShape, bytes, SNAPSHOT_MANIFEST_BYTES_MAX);
}

export function treePartOf({ depth, rows, hash }: SnapshotPart): TreePart {
  return { depth, kind: kindOf(rows), hash: fromHex(hash) };
}

function kindOf(rows: number): TreePart['kind'] {
  if (rows === 0) return 'empty';
  return rows === 1 ? 'leaf' : 'inner';
}

/** Where the parts begin, when they make the state of the manifest's header; undefined when they do not (S2). */
export function checkParts({ header, parts }: Manifest): readonly Uint8Array[] | undefined {
  const joined = joinParts(parts.map(treePartOf));
  return joined?.root === header.stateRoot ? joined.prefixes : undefined;
}

/** Of a row in a chunk: table (1 byte), length of the key (2) and of the value (4); key and value follow. */
export const ROW_HEAD_BYTES = 7;

export interface ChunkRow {
  /** Table byte and ledger key. */
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Throws `ENCODING_INVALID` for whatever is no list of rows. */
export function decodeRows(bytes: Uint8Array, from: number): ChunkRow[] {
  const rows: ChunkRow[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = from; at < bytes.length; ) {
    if (at + ROW_HEAD_BYTES > bytes.length) throw invalidChunk();
    const keyLength = view.getUint16(at + 1);
    const valueLength = view.getUint32(at + 3);
    const keyAt = at + ROW_HEAD_BYTES;
    const valueAt = keyAt + keyLength;
    const end = valueAt + valueLength;
    if (valueLength > STATE_VALUE_BYTES_MAX || end > bytes.length) throw invalidChunk();
    const key = concat(bytes.subarray(at, at + 1), bytes.subarray(keyAt, valueAt));
    rows.push({ key, value: bytes.subarray(valueAt, end) });
    at = end;
  }
  return rows;
}

function invalidChunk(): ConsiliumError {
  return new ConsiliumError('ENCODING_INVALID', { path: 'chunk' });
}

export interface Hashing {
  readonly sha256: Sha256;
  readonly hashBlocks: HashBlocks64;
}

export interface BuiltChunk {
  readonly rows: readonly ChunkRow[];
  readonly part: TreePart;
  readonly nodes: ReturnType<typeof buildPart>['nodes'];
}

/**
 * The chunk's rows and tree, when it is all of the part under this prefix and nothing else; undefined when it is not (S3).
 */
export function checkChunk(
  bytes: Uint8Array,
  expected: SnapshotPart,
  prefix: Uint8Array,
  hashing: Hashing,
): BuiltChunk | undefined {
  if (bytes.length !== expected.bytes || bytes[0] !== SNAPSHOT_VERSION) return undefined;
  const rows = tryDecodeRows(bytes);
  if (rows?.length !== expected.rows) return undefined;
  const leaves = rows.map(({ key, value }) => ({
    keyHash: hashing.sha256(key),
    valueHash: hashing.sha256(value),
  }));
  if (!areSortedUnder(leaves, expected.depth, prefix)) return undefined;
  const { part, nodes } = buildPart(expected.depth, leaves, hashing.hashBlocks);
  return toHex(part.hash) === expected.hash ? { rows, part, nodes } : undefined;
}

function tryDecodeRows(bytes: Uint8Array): ChunkRow[] | undefined {
  try {
    return decodeRows(bytes, 1);
  } catch (error) {
    if (error instanceof ConsiliumError) return undefined;
    throw error;
  }
}

function areSortedUnder(leaves: readonly TreeLeaf[], depth: number, prefix: Uint8Array): boolean {
  const path = treePath(depth, prefix);
  return leaves.every(({ keyHash }, index) => {
    const before = leaves[index - 1]?.keyHash;
    const rises = before === undefined || compareBytes(before, keyHash) < 0;
    return rises && compareBytes(treePath(depth, keyHash), path) === 0;
  });
}
