// Owns: the shapes of single values: numbers, text, words, flags, bytes, hex, and any plain value within bounds.
import { toHex, tryFromHex, tryWriteHex } from './bytes.ts';
import { BYTES, FALSE, NEGATIVE, type PlainValue, RESERVED_KEY, TEXT, TRUE, UINT } from './cbor.ts';
import { readBytes, readHead, readText, skipExactly, take } from './cbor-read.ts';
import {
  reserve,
  writeByte,
  writeBytes,
  writeCbor,
  writeHead,
  writeInteger,
  writeRaw,
  writeText,
} from './cbor-write.ts';
import { GIVEN_UP, malformed, type Read, type Shape, type Write } from './codec-shape.ts';
import { VALUE_DEPTH_MAX, VALUE_ITEMS_MAX } from './limits.ts';

function checked<T>(is: (raw: unknown) => boolean, write: Write, read: Read<T>): Shape<T> {
  const check = (raw: unknown, path: string): T => {
    if (!is(raw)) throw malformed(path);
    return raw as T;
  };
  return { toWire: check, fromWire: check, write, read };
}

/** An integer from `min` to `max`; both must be safe integers. */
export function integer(min: number, max: number): Shape<number> {
  const is = (raw: unknown): boolean =>
    Number.isSafeInteger(raw) && (raw as number) >= min && (raw as number) <= max && !Object.is(raw, -0);
  return checked(
    is,
    (writer, value) => {
      if (!is(value)) return false;
      writeInteger(writer, value as number);
      return true;
    },
    (cursor) => {
      const argument = readHead(cursor, UINT) ?? negative(readHead(cursor, NEGATIVE));
      return argument === undefined || argument < min || argument > max ? GIVEN_UP : argument;
    },
  );
}

function negative(argument: number | undefined): number | undefined {
  return argument === undefined || argument === Number.MAX_SAFE_INTEGER ? undefined : -1 - argument;
}

/** UTF-8 text without lone surrogates, of at most `lengthMax` UTF-16 units and at least `lengthMin`. */
export function text(lengthMax: number, lengthMin = 0): Shape<string> {
  const fits = (raw: string): boolean => raw.length >= lengthMin && raw.length <= lengthMax;
  const is = (raw: unknown): boolean => typeof raw === 'string' && fits(raw) && raw.isWellFormed();
  return checked(
    is,
    (writer, value) => {
      if (!is(value)) return false;
      writeText(writer, value as string);
      return true;
    },
    (cursor) => {
      const length = readHead(cursor, TEXT);
      const raw = length === undefined ? undefined : readText(cursor, length);
      return raw === undefined || !fits(raw) ? GIVEN_UP : raw;
    },
  );
}

export function oneOf<const T extends string>(...values: readonly T[]): Shape<T> {
  const encoded = values.map((value) => [value, writeCbor(value)] as const);
  const byValue = new Map<unknown, Uint8Array>(encoded);
  return checked<T>(
    (raw) => values.includes(raw as T),
    (writer, value) => {
      const bytes = byValue.get(value);
      if (bytes === undefined) return false;
      writeRaw(writer, bytes);
      return true;
    },
    (cursor) => {
      for (const [value, bytes] of encoded) if (skipExactly(cursor, bytes)) return value;
      return GIVEN_UP;
    },
  );
}

export const flag: Shape<boolean> = checked<boolean>(
  (raw) => typeof raw === 'boolean',
  (writer, value) => {
    if (typeof value !== 'boolean') return false;
    writeByte(writer, value ? TRUE : FALSE);
    return true;
  },
  (cursor) => {
    const initial = cursor.bytes[cursor.at];
    if (initial !== TRUE && initial !== FALSE) return GIVEN_UP;
    cursor.at += 1;
    cursor.items += 1;
    return initial === TRUE;
  },
);

/** `length` bytes on the wire, lower-case hex in memory. */
export function hexBytes(length: number): Shape<string> {
  return {
    toWire: (value, path) => {
      const bytes = typeof value === 'string' ? tryFromHex(value) : undefined;
      if (bytes?.length !== length) throw malformed(path);
      return bytes;
    },
    fromWire: (raw, path) => {
      if (!(raw instanceof Uint8Array) || raw.length !== length) throw malformed(path);
      return toHex(raw);
    },
    write: (writer, value) => {
      if (typeof value !== 'string' || value.length !== 2 * length) return false;
      writeHead(writer, BYTES, length);
      reserve(writer, length);
      if (!tryWriteHex(value, writer.bytes, writer.at)) return false;
      writer.at += length;
      return true;
    },
    read: (cursor) => {
      const taken = readHead(cursor, BYTES) === length ? take(cursor, length) : undefined;
      return taken === undefined ? GIVEN_UP : toHex(taken);
    },
  };
}

export const hex16: Shape<string> = hexBytes(16);
export const hex32: Shape<string> = hexBytes(32);
export const hex64: Shape<string> = hexBytes(64);

/** Byte strings that stay bytes in memory. */
export function byteString(lengthMax: number): Shape<Uint8Array> {
  const is = (raw: unknown): boolean => raw instanceof Uint8Array && raw.length <= lengthMax;
  return checked(
    is,
    (writer, value) => {
      if (!is(value)) return false;
      writeBytes(writer, BYTES, value as Uint8Array);
      return true;
    },
    (cursor) => {
      const length = readHead(cursor, BYTES);
      if (length === undefined || length > lengthMax) return GIVEN_UP;
      return readBytes(cursor, length) ?? GIVEN_UP;
    },
  );
}

/** Any plain value, within bounds: an action's body before its module is known. */
export const plainValue: Shape<PlainValue> = { toWire: checkPlain, fromWire: checkPlain };

function checkPlain(raw: unknown, path: string, depth = 0): PlainValue {
  if (depth > VALUE_DEPTH_MAX) throw malformed(path);
  if (raw === null || typeof raw === 'boolean' || raw instanceof Uint8Array) return raw;
  if (typeof raw === 'number' && Number.isSafeInteger(raw) && !Object.is(raw, -0)) return raw;
  if (typeof raw === 'string' && raw.isWellFormed()) return raw;
  if (Array.isArray(raw)) checkEntries(raw, path, depth);
  else if (isPlainMap(raw)) checkMap(raw, path, depth);
  else throw malformed(path);
  return raw as PlainValue;
}

function checkMap(map: Record<string, unknown>, path: string, depth: number): void {
  const keys = Object.keys(map);
  if (!keys.every((key) => key.isWellFormed() && key !== RESERVED_KEY)) throw malformed(path);
  checkEntries(Object.values(map), path, depth);
}

/** The path names no key or position here: a stranger chose them, and they could be anything. */
function checkEntries(entries: readonly unknown[], path: string, depth: number): void {
  if (entries.length > VALUE_ITEMS_MAX) throw malformed(path);
  for (const entry of entries) checkPlain(entry, `${path}.*`, depth + 1);
}

export function isPlainMap(raw: unknown): raw is Record<string, unknown> {
  if (typeof raw !== 'object' || raw === null) return false;
  const prototype: unknown = Object.getPrototypeOf(raw);
  return prototype === Object.prototype || prototype === null;
}
