// Owns: what a write-ahead log found at start still says, and whether its end is torn or its middle damaged.
//
// Torn: a power cut took (part of) what had not been synced. Damaged: something that had been synced is no longer as it
// was written. They are told apart by the durable length that every frame carries: the log is damaged when, somewhere
// after the first bad frame, a frame still verifies on the chain value before it and was appended at a time when the
// file was already durable beyond the place of the bad one. Without such a frame nothing that was appended after the
// bad place was known durable is left, and the end is cut to the last good frame. A flaw in the very last sync looks
// like that too; if it held a signed message, the signing record is then ahead of the log, and the node observes.
import type { Hex32 } from '@consilium/core';
import {
  CHAIN_BYTES,
  decodeFileHeader,
  decodeFrame,
  FILE_HEADER_BYTES,
  FRAME_HEADER_BYTES,
  FRAME_MAGIC,
  type Sha256,
  type WalEntry,
} from './frame.ts';

export type WalStatus = 'empty' | 'whole' | 'torn' | 'damaged';

export interface WalContent {
  /** `empty`: no log. `torn`: the end was cut off. `damaged`: entries end before the damage; nothing may be built on it. */
  readonly status: WalStatus;
  /** Height of the log; null when there is no header to say so. */
  readonly height: number | null;
  readonly entries: readonly WalEntry[];
  /** Length of the file that is good, in bytes: where a torn end was cut, or where the damage begins. */
  readonly goodBytes: number;
}

/** Content with what is needed to append after it. */
export interface ReadLog extends WalContent {
  readonly seed: Uint8Array;
  readonly chain: Uint8Array;
}

const NOTHING: Uint8Array = new Uint8Array(0);

export function readLog(sha256: Sha256, genesis: Hex32, file: Uint8Array): ReadLog {
  const header = decodeFileHeader(sha256, genesis, file);
  if (header === undefined) return readWithoutHeader(file);
  const { height, seed } = header;
  const entries: WalEntry[] = [];
  let goodBytes = FILE_HEADER_BYTES;
  let chain = seed;
  while (goodBytes < file.length) {
    const frame = decodeFrame(sha256, seed, chain, file, goodBytes);
    if (frame === undefined) break;
    entries.push({ kind: frame.kind, bytes: frame.bytes });
    goodBytes = frame.end;
    chain = frame.chain;
  }
  const status = statusOf(sha256, seed, file, goodBytes);
  return { status, height, entries, goodBytes, seed, chain };
}

function statusOf(sha256: Sha256, seed: Uint8Array, file: Uint8Array, goodBytes: number): WalStatus {
  if (goodBytes === file.length) return 'whole';
  return isDurableBeyond(sha256, seed, file, goodBytes) ? 'damaged' : 'torn';
}

/** A header is synced with the first entries: cut short or never written it is torn, otherwise it was harmed later. */
function readWithoutHeader(file: Uint8Array): ReadLog {
  const untouched = file.length < FILE_HEADER_BYTES || file.every((byte) => byte === 0);
  const status = file.length === 0 ? 'empty' : untouched ? 'torn' : 'damaged';
  return { status, height: null, entries: [], goodBytes: 0, seed: NOTHING, chain: NOTHING };
}

/** Whether a frame after `badOffset` proves that the file had been durable beyond it. */
function isDurableBeyond(sha256: Sha256, seed: Uint8Array, file: Uint8Array, badOffset: number): boolean {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const last = file.length - FRAME_HEADER_BYTES - CHAIN_BYTES;
  const firstByte = FRAME_MAGIC >>> 24;
  let offset = file.indexOf(firstByte, badOffset + 1);
  while (offset !== -1 && offset <= last) {
    if (view.getUint32(offset) === FRAME_MAGIC) {
      const before = file.subarray(offset - CHAIN_BYTES, offset);
      const frame = decodeFrame(sha256, seed, before, file, offset);
      if (frame !== undefined && frame.durable > badOffset) return true;
    }
    offset = file.indexOf(firstByte, offset + 1);
  }
  return false;
}
