// Owns: writing canonical bytes.
import { utf8 } from './bytes.ts';
import {
  ARRAY,
  BYTES,
  compareKeys,
  FALSE,
  MAP,
  NEGATIVE,
  NULL,
  RESERVED_KEY,
  TEXT,
  TRUE,
  UINT,
} from './cbor.ts';

export interface Writer {
  bytes: Uint8Array;
  at: number;
}

const WRITER_BYTES = 4096;
/** A larger buffer is not kept for the next value. */
const KEPT_BYTES_MAX = 65_536;
const SHORT_TEXT = 64;
const TWO_32 = 2 ** 32;

/** The buffer between two values; nobody sees what is in it. */
let spare: Uint8Array | undefined;

/** What `write` writes, after so many bytes that are left for the caller; undefined when it gives up. */
export function writtenBy(write: (writer: Writer) => boolean, before = 0): Uint8Array | undefined {
  const writer: Writer = { bytes: spare ?? new Uint8Array(WRITER_BYTES), at: before };
  spare = undefined;
  const whole = write(writer) ? writer.bytes.slice(0, writer.at) : undefined;
  if (writer.bytes.length <= KEPT_BYTES_MAX) spare = writer.bytes;
  return whole;
}

/** Canonical bytes of a value that the shapes have checked. Any other value is a broken invariant. */
export function writeCbor(value: unknown): Uint8Array {
  return writtenBy((writer) => {
    writeItem(writer, value);
    return true;
  }) as Uint8Array;
}

export function writeItem(writer: Writer, value: unknown): void {
  if (typeof value === 'number') writeInteger(writer, value);
  else if (typeof value === 'string') writeText(writer, value);
  else if (value instanceof Uint8Array) writeBytes(writer, BYTES, value);
  else if (value === null) writeByte(writer, NULL);
  else if (typeof value === 'boolean') writeByte(writer, value ? TRUE : FALSE);
  else if (Array.isArray(value)) writeArray(writer, value);
  else if (typeof value === 'object') writeMap(writer, value as Record<string, unknown>);
  else throw new Error('invariant: no plain value');
}

export function reserve(writer: Writer, length: number): void {
  const needed = writer.at + length;
  if (needed <= writer.bytes.length) return;
  const bytes = new Uint8Array(Math.max(needed, writer.bytes.length * 2));
  bytes.set(writer.bytes.subarray(0, writer.at));
  writer.bytes = bytes;
}

export function writeByte(writer: Writer, byte: number): void {
  reserve(writer, 1);
  writer.bytes[writer.at] = byte;
  writer.at += 1;
}

export function writeHead(writer: Writer, major: number, argument: number): void {
  const initial = major << 5;
  if (argument < 24) writeByte(writer, initial | argument);
  else if (argument < 256) writeSized(writer, initial | 24, argument, 1);
  else if (argument < 65_536) writeSized(writer, initial | 25, argument, 2);
  else if (argument < TWO_32) writeSized(writer, initial | 26, argument, 4);
  else writeSized(writer, initial | 27, argument, 8);
}

function writeSized(writer: Writer, initial: number, argument: number, size: number): void {
  reserve(writer, 1 + size);
  writer.bytes[writer.at] = initial;
  for (let index = size, rest = argument; index > 0; index -= 1) {
    writer.bytes[writer.at + index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  writer.at += 1 + size;
}

export function writeInteger(writer: Writer, value: number): void {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new Error('invariant: no safe integer');
  if (value >= 0) writeHead(writer, UINT, value);
  else writeHead(writer, NEGATIVE, -1 - value);
}

export function writeBytes(writer: Writer, major: number, bytes: Uint8Array): void {
  writeHead(writer, major, bytes.length);
  reserve(writer, bytes.length);
  writer.bytes.set(bytes, writer.at);
  writer.at += bytes.length;
}

/** Bytes of a whole item. */
export function writeRaw(writer: Writer, item: Uint8Array): void {
  reserve(writer, item.length);
  writer.bytes.set(item, writer.at);
  writer.at += item.length;
}

export function writeText(writer: Writer, text: string): void {
  const start = writer.at;
  if (text.length < SHORT_TEXT && writeAscii(writer, text)) return;
  writer.at = start;
  writeBytes(writer, TEXT, utf8(text));
}

/** Most text is short ASCII, for which a loop is faster than an encoder. False when it is not ASCII. */
function writeAscii(writer: Writer, text: string): boolean {
  writeHead(writer, TEXT, text.length);
  reserve(writer, text.length);
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) return false;
    writer.bytes[writer.at + index] = unit;
  }
  writer.at += text.length;
  return true;
}

function writeArray(writer: Writer, array: readonly unknown[]): void {
  writeHead(writer, ARRAY, array.length);
  for (const value of array) writeItem(writer, value);
}

function writeMap(writer: Writer, map: Record<string, unknown>): void {
  const keys = Object.keys(map);
  if (!keys.every((key, index) => index === 0 || compareKeys(keys[index - 1] as string, key) < 0))
    keys.sort(compareKeys);
  writeHead(writer, MAP, keys.length);
  for (const key of keys) {
    if (key === RESERVED_KEY) throw new Error('invariant: a reserved key');
    writeText(writer, key);
    writeItem(writer, map[key]);
  }
}
