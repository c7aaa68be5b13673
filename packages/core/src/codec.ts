// Owns: canonical strict encoding by declared shape: shapes made of shapes, encoding and decoding. Ids, keys and signatures
// are hex text in memory and bytes on the wire. Decoding refuses whatever does not re-encode to itself. Does not own: the
// bytes (cbor.ts), single values (codec-scalars.ts), what shapes mean.
import { concat } from './bytes.ts';
import { ARRAY, compareKeys, MAP, NULL, type PlainValue } from './cbor.ts';
import { type Cursor, readHead, skipExactly, tryReadCbor } from './cbor-read.ts';
import { type Writer, writeByte, writeCbor, writeHead, writeRaw, writtenBy } from './cbor-write.ts';
import { isPlainMap } from './codec-scalars.ts';
import { GIVEN_UP, malformed, type Read, readOf, type Shape, type Write, writeOf } from './codec-shape.ts';
import { ConsiliumError } from './errors.ts';
import { ENCODED_DEPTH_MAX, ENCODED_ITEMS_MAX } from './limits.ts';

export {
  byteString,
  flag,
  hex16,
  hex32,
  hex64,
  hexBytes,
  integer,
  oneOf,
  plainValue,
  text,
} from './codec-scalars.ts';
export type { PlainValue, Shape };

export function nullable<T>(inner: Shape<T>): Shape<T | null> {
  const [write, read] = [writeOf(inner), readOf(inner)];
  return {
    toWire: (value, path) => (value === null ? null : inner.toWire(value, path)),
    fromWire: (raw, path) => (raw === null ? null : inner.fromWire(raw, path)),
    write: (writer, value) => {
      if (value !== null) return write(writer, value);
      writeByte(writer, NULL);
      return true;
    },
    read: (cursor, depth) => {
      if (cursor.bytes[cursor.at] !== NULL) return read(cursor, depth);
      cursor.at += 1;
      cursor.items += 1;
      return null;
    },
  };
}

export function list<T>(item: Shape<T>, countMax: number, countMin = 0): Shape<readonly T[]> {
  const sized = (raw: unknown, path: string): readonly unknown[] => {
    if (!Array.isArray(raw) || raw.length > countMax || raw.length < countMin) throw malformed(path);
    return raw;
  };
  const [write, read] = [writeOf(item), readOf(item)];
  return {
    // Array.from, since map would leave the holes of a sparse array as they are.
    toWire: (value, path) =>
      Array.from(sized(value, path), (entry, index) => item.toWire(entry as T, `${path}[${index}]`)),
    fromWire: (raw, path) =>
      sized(raw, path).map((entry, index) => item.fromWire(entry, `${path}[${index}]`)),
    write: (writer, value) => {
      if (!Array.isArray(value) || value.length > countMax || value.length < countMin) return false;
      writeHead(writer, ARRAY, value.length);
      for (let index = 0; index < value.length; index += 1) if (!write(writer, value[index])) return false;
      return true;
    },
    read: (cursor, depth) => {
      const count = readHead(cursor, ARRAY);
      if (count === undefined || count > countMax || count < countMin || depth >= ENCODED_DEPTH_MAX)
        return GIVEN_UP;
      const values: T[] = [];
      for (let index = 0; index < count; index += 1) {
        const value = read(cursor, depth + 1);
        if (value === GIVEN_UP) return GIVEN_UP;
        values.push(value);
      }
      return values;
    },
  };
}

type Fields<T> = { readonly [K in keyof T]-?: Shape<T[K]> };

/** A field's name, the bytes of it, and the direct ways of its value. */
interface Field {
  readonly name: string;
  readonly key: Uint8Array;
  readonly write: Write;
  readonly read: Read<unknown>;
}

/** A map with exactly these fields. */
export function struct<T extends object>(fields: Fields<T>): Shape<T> {
  // In the order of the wire, so that writing does not sort again.
  const names = (Object.keys(fields) as (keyof T & string)[]).sort(compareKeys);
  const convert = (
    source: unknown,
    path: string,
    direction: 'toWire' | 'fromWire',
  ): Record<string, unknown> => {
    if (!isPlainMap(source)) throw malformed(path);
    if (Object.keys(source).length !== names.length) throw malformed(path);
    const result: Record<string, unknown> = {};
    for (const name of names) {
      if (!Object.hasOwn(source, name)) throw malformed(`${path}.${name}`);
      const shape = fields[name] as Shape<unknown>;
      result[name] = shape[direction](source[name], `${path}.${name}`);
    }
    return result;
  };
  const direct = names.map((name): Field => {
    const shape = fields[name] as Shape<unknown>;
    return { name, key: writeCbor(name), write: writeOf(shape), read: readOf(shape) };
  });
  return {
    toWire: (value, path) => convert(value, path, 'toWire'),
    fromWire: (raw, path) => convert(raw, path, 'fromWire') as T,
    write: (writer, value) => writeFields(writer, value, direct),
    read: (cursor, depth) => readFields(cursor, depth, direct) as T | typeof GIVEN_UP,
  };
}

function writeFields(writer: Writer, value: unknown, fields: readonly Field[]): boolean {
  if (!isPlainMap(value) || Object.keys(value).length !== fields.length) return false;
  writeHead(writer, MAP, fields.length);
  for (const { name, key, write } of fields) {
    if (!Object.hasOwn(value, name)) return false;
    writeRaw(writer, key);
    if (!write(writer, value[name])) return false;
  }
  return true;
}

function readFields(
  cursor: Cursor,
  depth: number,
  fields: readonly Field[],
): Record<string, unknown> | typeof GIVEN_UP {
  if (readHead(cursor, MAP) !== fields.length || depth >= ENCODED_DEPTH_MAX) return GIVEN_UP;
  const result: Record<string, unknown> = {};
  for (const { name, key, read } of fields) {
    const value = skipExactly(cursor, key) ? read(cursor, depth + 1) : GIVEN_UP;
    if (value === GIVEN_UP) return GIVEN_UP;
    result[name] = value;
  }
  return result;
}

/** A map whose field `type` says which of the variants it is. Each variant's shape declares its own `type`. */
export function variants<T extends { readonly type: string }>(
  byType: { readonly [K in T['type']]: Shape<Extract<T, { readonly type: K }>> },
): Shape<T> {
  const pick = (source: unknown, path: string): Shape<T> => {
    const type = isPlainMap(source) ? source['type'] : undefined;
    if (typeof type !== 'string' || !Object.hasOwn(byType, type)) throw malformed(`${path}.type`);
    return (byType as unknown as Record<string, Shape<T>>)[type] as Shape<T>;
  };
  const direct = Object.entries(byType as unknown as Record<string, Shape<T>>).map(
    ([type, shape]) => [type, { write: writeOf(shape), read: readOf(shape) }] as const,
  );
  const directByType = new Map<unknown, { readonly write: Write }>(direct);
  return {
    toWire: (value, path) => pick(value, path).toWire(value, path),
    fromWire: (raw, path) => pick(raw, path).fromWire(raw, path),
    write: (writer, value) =>
      isPlainMap(value) && directByType.get(value['type'])?.write(writer, value) === true,
    read: (cursor, depth) => {
      const { at, items } = cursor;
      for (const [type, { read }] of direct) {
        const value = read(cursor, depth);
        if (value !== GIVEN_UP && value.type === type) return value;
        cursor.at = at;
        cursor.items = items;
      }
      return GIVEN_UP;
    },
  };
}

/** Canonical bytes of a value of the shape, after those of `before`. Throws `ENCODING_INVALID` when it is not of the shape. */
export function encode<T>(shape: Shape<T>, value: T, before: Uint8Array = NOTHING): Uint8Array {
  const { write } = shape;
  const whole = write === undefined ? undefined : writtenBy((writer) => write(writer, value), before.length);
  const bytes = whole ?? concat(before, writeCbor(shape.toWire(value, '$')));
  bytes.set(before);
  return bytes;
}

const NOTHING = new Uint8Array(0);

/**
 * The value of canonical bytes. Throws `ENCODING_TOO_LARGE` over `bytesMax`, `ENCODING_INVALID` on anything that is not
 * of the shape or does not re-encode to the same bytes, and nothing else.
 */
export function decode<T>(shape: Shape<T>, bytes: Uint8Array, bytesMax: number): T {
  if (bytes.length > bytesMax)
    throw new ConsiliumError('ENCODING_TOO_LARGE', { bytes: bytes.length, bytesMax });
  const direct = shape.read === undefined ? GIVEN_UP : tryReadWhole(bytes, shape.read);
  if (direct !== GIVEN_UP) return direct;
  const raw = tryReadCbor(bytes);
  if (raw === undefined) throw malformed('$');
  return shape.fromWire(raw, '$');
}

function tryReadWhole<T>(bytes: Uint8Array, read: Read<T>): T | typeof GIVEN_UP {
  const cursor: Cursor = { bytes, at: 0, items: 0 };
  const value = read(cursor, 0);
  return cursor.at === bytes.length && cursor.items <= ENCODED_ITEMS_MAX ? value : GIVEN_UP;
}
