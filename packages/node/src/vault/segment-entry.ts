// Owns: the form of an entry of a segment file, and finding the entries of one, also past damage.
//
// entry = magic with version (4 bytes) | length of the blob (4) | id (32) | blob
// A blob that was destroyed leaves magic and length, with zeros for id and bytes: what follows it is found all the same.
import { equalBytes, type Hex32, toHex } from '@consilium/core';
import { VAULT_SMALL_BYTES_MAX } from '../limits.ts';
import { contentId } from './content-id.ts';

export const ENTRY_HEADER_BYTES = 40;
/** From here to the end of the entry everything is overwritten when the blob is destroyed. */
export const ENTRY_ID_OFFSET = 8;

const ENTRY_MAGIC = 0xc05e_b101;
const NO_ID: Uint8Array = new Uint8Array(ENTRY_HEADER_BYTES - ENTRY_ID_OFFSET);

export interface EntryHeader {
  readonly length: number;
  /** undefined when the blob was destroyed. */
  readonly id: Hex32 | undefined;
}

export interface FoundEntry extends EntryHeader {
  /** Of the header, from the begin of the file. */
  readonly offset: number;
}

export function encodeEntryHeader(id: Uint8Array, length: number): Uint8Array {
  const header = new Uint8Array(ENTRY_HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint32(0, ENTRY_MAGIC);
  view.setUint32(4, length);
  header.set(id, ENTRY_ID_OFFSET);
  return header;
}

export function decodeEntryHeader(bytes: Uint8Array): EntryHeader | undefined {
  if (bytes.length < ENTRY_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(4);
  if (view.getUint32(0) !== ENTRY_MAGIC || length > VAULT_SMALL_BYTES_MAX) return undefined;
  const id = bytes.subarray(ENTRY_ID_OFFSET, ENTRY_HEADER_BYTES);
  return { length, id: equalBytes(id, NO_ID) ? undefined : toHex(id) };
}

/** The whole entries from an offset on. Where there is none, the next one is looked for behind it. */
export async function findEntries(file: Uint8Array, from: number): Promise<readonly FoundEntry[]> {
  const found: FoundEntry[] = [];
  let offset = from;
  while (offset !== -1 && offset < file.length) {
    const entry = await wholeEntryAt(file, offset);
    if (entry === undefined) offset = file.indexOf(ENTRY_MAGIC >>> 24, offset + 1);
    else {
      found.push(entry);
      offset += ENTRY_HEADER_BYTES + entry.length;
    }
  }
  return found;
}

async function wholeEntryAt(file: Uint8Array, offset: number): Promise<FoundEntry | undefined> {
  const header = decodeEntryHeader(file.subarray(offset, offset + ENTRY_HEADER_BYTES));
  if (header === undefined) return undefined;
  const start = offset + ENTRY_HEADER_BYTES;
  const end = start + header.length;
  if (end > file.length) return undefined;
  if (header.id !== undefined && (await contentId(file.subarray(start, end))) !== header.id) return undefined;
  return { ...header, offset };
}
