// Owns: the canonical bytes of plain values: the subset of DAG-CBOR without floats and links (RFC 8949 section 4.2.1 with
// map keys sorted by length first). Reading takes nothing else, so that a value has one encoding. Does not own: which
// values stand where (codec.ts).
import { compareBytes, compareText, utf8 } from './bytes.ts';
import { ENCODED_DEPTH_MAX, ENCODED_ITEMS_MAX } from './limits.ts';
import { tryFromUtf8 } from './utf8.ts';

/** Any value without floats and links. Numbers are safe integers. */
export type PlainValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue };

/** A map key that is refused in both directions: assigning it would change an object's prototype. */
export const RESERVED_KEY = '__proto__';

const UINT = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const FALSE = 0xf4;
const TRUE = 0xf5;
const NULL = 0xf6;
const TWO_32 = 2 ** 32;

interface Cursor {
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

function readItem(cursor: Cursor, depth: number): PlainValue | undefined {
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

function take(cursor: Cursor, length: number): Uint8Array | undefined {
  const end = cursor.at + length;
  if (end > cursor.bytes.length) return undefined;
  const taken = cursor.bytes.subarray(cursor.at, end);
  cursor.at = end;
  return taken;
}

/** A copy: what is read must not change with the buffer that it came in. */
function readBytes(cursor: Cursor, length: number): Uint8Array | undefined {
  const taken = take(cursor, length);
  return taken === undefined ? undefined : Uint8Array.from(taken);
}

function readText(cursor: Cursor, length: number): string | undefined {
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

interface Writer {
  bytes: Uint8Array;
  at: number;
}

const WRITER_BYTES = 512;
const SHORT_TEXT = 64;

/** Canonical bytes of a value that the shapes have checked. Any other value is a broken invariant. */
export function writeCbor(value: unknown): Uint8Array {
  const writer: Writer = { bytes: new Uint8Array(WRITER_BYTES), at: 0 };
  writeItem(writer, value);
  return writer.bytes.slice(0, writer.at);
}

function writeItem(writer: Writer, value: unknown): void {
  if (typeof value === 'number') writeInteger(writer, value);
  else if (typeof value === 'string') writeText(writer, value);
  else if (value instanceof Uint8Array) writeBytes(writer, BYTES, value);
  else if (value === null) writeByte(writer, NULL);
  else if (typeof value === 'boolean') writeByte(writer, value ? TRUE : FALSE);
  else if (Array.isArray(value)) writeArray(writer, value);
  else if (typeof value === 'object') writeMap(writer, value as Record<string, unknown>);
  else throw new Error('invariant: no plain value');
}

function reserve(writer: Writer, length: number): void {
  const needed = writer.at + length;
  if (needed <= writer.bytes.length) return;
  const bytes = new Uint8Array(Math.max(needed, writer.bytes.length * 2));
  bytes.set(writer.bytes.subarray(0, writer.at));
  writer.bytes = bytes;
}

function writeByte(writer: Writer, byte: number): void {
  reserve(writer, 1);
  writer.bytes[writer.at] = byte;
  writer.at += 1;
}

function writeHead(writer: Writer, major: number, argument: number): void {
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

function writeInteger(writer: Writer, value: number): void {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new Error('invariant: no safe integer');
  if (value >= 0) writeHead(writer, UINT, value);
  else writeHead(writer, NEGATIVE, -1 - value);
}

function writeBytes(writer: Writer, major: number, bytes: Uint8Array): void {
  writeHead(writer, major, bytes.length);
  reserve(writer, bytes.length);
  writer.bytes.set(bytes, writer.at);
  writer.at += bytes.length;
}

function writeText(writer: Writer, text: string): void {
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

/** Order of map keys: fewer bytes first, then byte by byte. Code units of ASCII are its bytes. */
export function compareKeys(a: string, b: string): number {
  if (isAscii(a) && isAscii(b)) return a.length - b.length || compareText(a, b);
  const [left, right] = [utf8(a), utf8(b)];
  return left.length - right.length || compareBytes(left, right);
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}
