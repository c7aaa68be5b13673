// Owns: reading canonical bytes, and nothing else than canonical bytes, so that a value has one encoding.
import { compareBytes } from './bytes.ts';
import {
  ARRAY,
  BYTES,
  FALSE,
  MAP,
  NEGATIVE,
  NULL,
  type PlainValue,
  RESERVED_KEY,
  TEXT,
  TRUE,
  UINT,
} from './cbor.ts';
import { ENCODED_DEPTH_MAX, ENCODED_ITEMS_MAX } from './limits.ts';
import { tryFromUtf8 } from './utf8.ts';

/** Where reading is, and how many items it has met. */
export interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
  items: number;
}

/** The value of the bytes; undefined when they are not exactly one canonical value. Never throws. */
export function tryReadCbor(bytes: Uint8Array): PlainValue | undefined {
  const cursor: Cursor = { bytes, at: 0, items: 0 };
  const value = readItem(cursor, 0);
  return cursor.at === bytes.length ? value : undefined;
}

export function readItem(cursor: Cursor, depth: number): PlainValue | undefined {
  const initial = cursor.bytes[cursor.at];
  cursor.items += 1;
  if (initial === undefined || depth > ENCODED_DEPTH_MAX || cursor.items > ENCODED_ITEMS_MAX)
    return undefined;
  cursor.at += 1;
  const major = initial >> 5;
  if (major > MAP) return readSimple(initial);
  const argument = readArgument(cursor, initial & 31);
  if (argument === undefined) return undefined;
  switch (major) {
    case UINT:
      return argument;
    case NEGATIVE:
      return argument === Number.MAX_SAFE_INTEGER ? undefined : -1 - argument;
    case BYTES:
      return readBytes(cursor, argument);
    case TEXT:
      return readText(cursor, argument);
    case ARRAY:
      return readArray(cursor, argument, depth);
    default:
      return readMap(cursor, argument, depth);
  }
}

function readSimple(initial: number): boolean | null | undefined {
  if (initial === NULL) return null;
  if (initial === TRUE) return true;
  return initial === FALSE ? false : undefined;
}

/** The number of the head of an item of this major type; undefined, and nothing is read, when there is another one. */
export function readHead(cursor: Cursor, major: number): number | undefined {
  const initial = cursor.bytes[cursor.at];
  if (initial === undefined || initial >> 5 !== major) return undefined;
  cursor.at += 1;
  cursor.items += 1;
  return readArgument(cursor, initial & 31);
}

/** Whether these bytes of one item come next; then they are read. */
export function skipExactly(cursor: Cursor, item: Uint8Array): boolean {
  const { bytes, at } = cursor;
  for (let index = 0; index < item.length; index += 1) if (bytes[at + index] !== item[index]) return false;
  cursor.at += item.length;
  cursor.items += 1;
  return true;
}

/** The number of an item's head, in its shortest form and at most the largest safe integer. */
function readArgument(cursor: Cursor, minor: number): number | undefined {
  if (minor < 24) return minor;
  if (minor > 27) return undefined;
  const size = 1 << (minor - 24);
  const { bytes, at } = cursor;
  if (at + size > bytes.length) return undefined;
  let value = 0;
  for (let index = 0; index < size; index += 1) value = value * 256 + (bytes[at + index] as number);
  cursor.at += size;
  const least = size === 1 ? 24 : 2 ** (size * 4);
  return value >= least && value <= Number.MAX_SAFE_INTEGER ? value : undefined;
}

export function take(cursor: Cursor, length: number): Uint8Array | undefined {
  const end = cursor.at + length;
  if (end > cursor.bytes.length) return undefined;
  const taken = cursor.bytes.subarray(cursor.at, end);
  cursor.at = end;
  return taken;
}

/** A copy: what is read must not change with the buffer that it came in. */
export function readBytes(cursor: Cursor, length: number): Uint8Array | undefined {
  const taken = take(cursor, length);
  return taken === undefined ? undefined : Uint8Array.from(taken);
}

export function readText(cursor: Cursor, length: number): string | undefined {
  const taken = take(cursor, length);
  return taken === undefined ? undefined : tryFromUtf8(taken);
}

function readArray(cursor: Cursor, count: number, depth: number): PlainValue[] | undefined {
  const array: PlainValue[] = [];
  for (let index = 0; index < count; index += 1) {
    const value = readItem(cursor, depth + 1);
    if (value === undefined) return undefined;
    array.push(value);
  }
  return array;
}

/** Keys in strictly ascending order, so each once. */
function readMap(cursor: Cursor, count: number, depth: number): PlainValue | undefined {
  const map: Record<string, PlainValue> = {};
  let previous: Uint8Array | undefined;
  for (let index = 0; index < count; index += 1) {
    const start = cursor.at;
    const key = readItem(cursor, depth + 1);
    if (typeof key !== 'string' || key === RESERVED_KEY) return undefined;
    const encoded = cursor.bytes.subarray(start, cursor.at);
    if (previous !== undefined && compareBytes(previous, encoded) >= 0) return undefined;
    const value = readItem(cursor, depth + 1);
    if (value === undefined) return undefined;
    map[key] = value;
    previous = encoded;
  }
  return map;
}
