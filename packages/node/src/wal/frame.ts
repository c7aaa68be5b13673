// Owns: the bytes of the write-ahead log. A file header, then frames, each with a checksum that is chained on the one
// before. Does not own: what a broken frame means (read.ts), or when to write (wal.ts).
//
// header: magic u32 | version u32 | height u64 | nonce 16 | seed 16
// frame:  magic u32 | kind u8 | length u32 | durable u32 | bytes | chain 16
//
// seed  = SHA-256(tag || genesis || header without seed), cut to 16 bytes: no tail of another height, network or file
//         chains on. The nonce never leaves this disk, so that no peer can write a message that holds a valid frame.
// chain = SHA-256(seed || chain before || frame header || SHA-256(bytes)), cut to 16 bytes.
// durable = length of the file that was known to be synced when the frame was appended.
import { concat, domainTag, equalBytes, fromHex, type Hex32 } from '@consilium/core';
import { WAL_ENTRY_BYTES_MAX } from '../limits.ts';

/** `input`: what step() was given. `message`: an own message, unsigned. `value`: a proposed value with its bodies. */
export type WalKind = 'input' | 'message' | 'value';

export interface WalEntry {
  readonly kind: WalKind;
  readonly bytes: Uint8Array;
}

/** SHA-256. The daemon may give a faster engine than core's. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

export interface FileHeader {
  readonly height: number;
  readonly seed: Uint8Array;
}

export interface Frame extends WalEntry {
  readonly durable: number;
  readonly chain: Uint8Array;
  /** Offset of the byte after the frame. */
  readonly end: number;
}

export const CHAIN_BYTES = 16;
export const NONCE_BYTES = 16;
export const FILE_HEADER_BYTES = 48;
export const FRAME_HEADER_BYTES = 13;
export const FRAME_MAGIC = 0xc05e_11f7;

const FILE_MAGIC = 0xc05e_11f0;
const FORMAT_VERSION = 1;
const SEED_OFFSET = FILE_HEADER_BYTES - CHAIN_BYTES;
const KINDS: readonly WalKind[] = ['input', 'message', 'value'];

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function seedOf(sha256: Sha256, genesis: Hex32, start: Uint8Array): Uint8Array {
  const digest = sha256(concat(domainTag('consilium/wal/v1'), fromHex(genesis), start));
  return digest.subarray(0, CHAIN_BYTES);
}

export function encodeFileHeader(
  sha256: Sha256,
  genesis: Hex32,
  height: number,
  nonce: Uint8Array,
): Uint8Array {
  const header = new Uint8Array(FILE_HEADER_BYTES);
  const view = viewOf(header);
  view.setUint32(0, FILE_MAGIC);
  view.setUint32(4, FORMAT_VERSION);
  view.setBigUint64(8, BigInt(height));
  header.set(nonce, 16);
  header.set(seedOf(sha256, genesis, header.subarray(0, SEED_OFFSET)), SEED_OFFSET);
  return header;
}

/** The header of a log of this network and format; undefined for anything else. */
export function decodeFileHeader(sha256: Sha256, genesis: Hex32, file: Uint8Array): FileHeader | undefined {
  if (file.length < FILE_HEADER_BYTES) return undefined;
  const view = viewOf(file);
  if (view.getUint32(0) !== FILE_MAGIC || view.getUint32(4) !== FORMAT_VERSION) return undefined;
  const seed = file.slice(SEED_OFFSET, FILE_HEADER_BYTES);
  if (!equalBytes(seed, seedOf(sha256, genesis, file.subarray(0, SEED_OFFSET)))) return undefined;
  return { height: Number(view.getBigUint64(8)), seed };
}

function chainOf(
  sha256: Sha256,
  seed: Uint8Array,
  before: Uint8Array,
  frameHeader: Uint8Array,
  bytes: Uint8Array,
): Uint8Array {
  return sha256(concat(seed, before, frameHeader, sha256(bytes))).slice(0, CHAIN_BYTES);
}

export function encodeFrame(
  sha256: Sha256,
  seed: Uint8Array,
  before: Uint8Array,
  entry: WalEntry,
  durable: number,
): { readonly frame: Uint8Array; readonly chain: Uint8Array } {
  const header = new Uint8Array(FRAME_HEADER_BYTES);
  const view = viewOf(header);
  view.setUint32(0, FRAME_MAGIC);
  view.setUint8(4, KINDS.indexOf(entry.kind) + 1);
  view.setUint32(5, entry.bytes.length);
  view.setUint32(9, durable);
  const chain = chainOf(sha256, seed, before, header, entry.bytes);
  return { frame: concat(header, entry.bytes, chain), chain };
}

/** The frame at `offset` if it is whole and chained on `before`; its bytes are a view of the file's. */
export function decodeFrame(
  sha256: Sha256,
  seed: Uint8Array,
  before: Uint8Array,
  file: Uint8Array,
  offset: number,
): Frame | undefined {
  const start = offset + FRAME_HEADER_BYTES;
  if (start > file.length) return undefined;
  const view = viewOf(file);
  const kind = KINDS[view.getUint8(offset + 4) - 1];
  const length = view.getUint32(offset + 5);
  const end = start + length + CHAIN_BYTES;
  if (view.getUint32(offset) !== FRAME_MAGIC || kind === undefined) return undefined;
  if (length > WAL_ENTRY_BYTES_MAX || end > file.length) return undefined;
  const bytes = file.subarray(start, start + length);
  const chain = file.subarray(start + length, end);
  const expected = chainOf(sha256, seed, before, file.subarray(offset, start), bytes);
  if (!equalBytes(chain, expected)) return undefined;
  return { kind, bytes, durable: view.getUint32(offset + 9), chain, end };
}
