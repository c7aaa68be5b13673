// Owns: the records of LevelDB's log files (doc/log_format.md), which its manifest is made of too.
import { concat } from '@consilium/core';
import { crc32c, unmasked } from './crc32c.ts';

const BLOCK_BYTES = 32_768;
const RECORD_HEADER_BYTES = 7;
const [FULL, FIRST, LAST] = [1, 2, 4];

/**
 * Whether something is broken before the end. Each batch is synced before the next is written: one that begins after a
 * broken place proves that this place had been durable. A broken end is what a power cut leaves.
 */
export function isDamagedLog(file: Uint8Array): boolean {
  let at = 0;
  while (at < file.length) {
    const left = BLOCK_BYTES - (at % BLOCK_BYTES);
    if (left < RECORD_HEADER_BYTES) {
      at += left;
      continue;
    }
    const length = recordAt(file, at);
    if (length === undefined) return beginsLater(file, at + 1);
    at += length;
  }
  return false;
}

/** Length of the whole record that stands here. */
function recordAt(file: Uint8Array, at: number): number | undefined {
  const blockEnd = at - (at % BLOCK_BYTES) + BLOCK_BYTES;
  if (at + RECORD_HEADER_BYTES > Math.min(blockEnd, file.length)) return undefined;
  const view = viewOf(file);
  const type = file[at + 6] as number;
  const end = at + RECORD_HEADER_BYTES + view.getUint16(at + 4, true);
  if (type < FULL || type > LAST || end > Math.min(blockEnd, file.length)) return undefined;
  return unmasked(view.getUint32(at, true)) === crc32c(file, at + 6, end) ? end - at : undefined;
}

function beginsLater(file: Uint8Array, from: number): boolean {
  for (let at = from; at + RECORD_HEADER_BYTES <= file.length; at += 1) {
    const type = file[at + 6];
    if ((type === FULL || type === FIRST) && recordAt(file, at) !== undefined) return true;
  }
  return false;
}

/** What was written, record by record, up to the first that is broken. */
export function recordsOf(file: Uint8Array): Uint8Array[] {
  const records: Uint8Array[] = [];
  let parts: Uint8Array[] = [];
  let at = 0;
  while (at < file.length) {
    const left = BLOCK_BYTES - (at % BLOCK_BYTES);
    const length = left < RECORD_HEADER_BYTES ? left : recordAt(file, at);
    if (length === undefined) break;
    if (left >= RECORD_HEADER_BYTES) {
      const type = file[at + 6];
      if (type === FULL || type === FIRST) parts = [];
      parts.push(file.subarray(at + RECORD_HEADER_BYTES, at + length));
      if (type === FULL || type === LAST) records.push(concat(...parts));
    }
    at += length;
  }
  return records;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
