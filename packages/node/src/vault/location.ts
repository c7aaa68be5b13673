// Owns: the two values of the index: where a blob lies, and the tail (up to where the segments are indexed, with the
// totals). Does not own: when they are written (blob-index.ts).
//
// location = 1 (1 byte) | segment number (4) | offset of the entry (4) | length of the blob (4), or
//            2 (1 byte) | length of the blob (4): a file of its own, named by the id
// tail     = 1 (1 byte) | segment number (4) | offset (4) | blobs (8) | their bytes (8)

/** An entry of a segment file. Offset of the entry's header; length of the blob without the header, in bytes. */
export interface SegmentPlace {
  readonly type: 'segment';
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
}

export interface FilePlace {
  readonly type: 'file';
  readonly length: number;
}

export type Location = SegmentPlace | FilePlace;

/** The place in the segment files at which the next entry goes. */
export interface Tail {
  readonly segment: number;
  readonly offset: number;
}

/** What the index knows of: number of blobs, and their bytes without headers. */
export interface VaultStats {
  readonly blobs: number;
  readonly bytes: number;
}

const SEGMENT = 1;
const FILE = 2;
const TAIL_VERSION = 1;
const SEGMENT_LOCATION_BYTES = 13;
const FILE_LOCATION_BYTES = 5;
const TAIL_BYTES = 25;

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function encodeLocation(location: Location): Uint8Array {
  const isFile = location.type === 'file';
  const bytes = new Uint8Array(isFile ? FILE_LOCATION_BYTES : SEGMENT_LOCATION_BYTES);
  const view = viewOf(bytes);
  view.setUint8(0, isFile ? FILE : SEGMENT);
  view.setUint32(bytes.length - 4, location.length);
  if (!isFile) {
    view.setUint32(1, location.segment);
    view.setUint32(5, location.offset);
  }
  return bytes;
}

/** undefined for bytes that are no location: LevelDB serves flipped bits as they are. */
export function decodeLocation(bytes: Uint8Array): Location | undefined {
  const view = viewOf(bytes);
  if (bytes.length === FILE_LOCATION_BYTES && bytes[0] === FILE) {
    return { type: 'file', length: view.getUint32(1) };
  }
  if (bytes.length !== SEGMENT_LOCATION_BYTES || bytes[0] !== SEGMENT) return undefined;
  const [segment, offset, length] = [view.getUint32(1), view.getUint32(5), view.getUint32(9)];
  return { type: 'segment', segment, offset, length };
}

export function encodeTail(tail: Tail, stats: VaultStats): Uint8Array {
  const bytes = new Uint8Array(TAIL_BYTES);
  const view = viewOf(bytes);
  view.setUint8(0, TAIL_VERSION);
  view.setUint32(1, tail.segment);
  view.setUint32(5, tail.offset);
  view.setBigUint64(9, BigInt(stats.blobs));
  view.setBigUint64(17, BigInt(stats.bytes));
  return bytes;
}

export function decodeTail(
  bytes: Uint8Array,
): { readonly tail: Tail; readonly stats: VaultStats } | undefined {
  if (bytes.length !== TAIL_BYTES || bytes[0] !== TAIL_VERSION) return undefined;
  const view = viewOf(bytes);
  return {
    tail: { segment: view.getUint32(1), offset: view.getUint32(5) },
    stats: { blobs: Number(view.getBigUint64(9)), bytes: Number(view.getBigUint64(17)) },
  };
}
