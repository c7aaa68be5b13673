// Owns: canonical strict encoding by declared shape. Ids, keys and signatures are hex text in memory and bytes on the
// wire. Decoding refuses whatever does not re-encode to itself. Does not own: the bytes (cbor.ts), what shapes mean.
import { toHex, tryFromHex } from './bytes.ts';
import { compareKeys, type PlainValue, RESERVED_KEY, tryReadCbor, writeCbor } from './cbor.ts';
import { ConsiliumError } from './errors.ts';
import { VALUE_DEPTH_MAX, VALUE_ITEMS_MAX } from './limits.ts';

/** How one kind of value stands on the wire. Both directions check it; `path` names the place in a refusal. */
export interface Shape<T> {
  readonly toWire: (value: T, path: string) => unknown;
  readonly fromWire: (raw: unknown, path: string) => T;
}

function malformed(path: string): ConsiliumError {
  return new ConsiliumError('ENCODING_INVALID', { path });
}

function checked<T>(is: (raw: unknown) => boolean): Shape<T> {
  const check = (raw: unknown, path: string): T => {
    if (!is(raw)) throw malformed(path);
    return raw as T;
  };
  return { toWire: check, fromWire: check };
}

/** An integer from `min` to `max`; both must be safe integers. */
export function integer(min: number, max: number): Shape<number> {
  return checked(
    (raw) =>
      Number.isSafeInteger(raw) && (raw as number) >= min && (raw as number) <= max && !Object.is(raw, -0),
  );
}

/** UTF-8 text without lone surrogates, of at most `lengthMax` UTF-16 units and at least `lengthMin`. */
export function text(lengthMax: number, lengthMin = 0): Shape<string> {
  return checked(
    (raw) =>
      typeof raw === 'string' && raw.length >= lengthMin && raw.length <= lengthMax && raw.isWellFormed(),
  );
}

export function oneOf<const T extends string>(...values: readonly T[]): Shape<T> {
  return checked((raw) => values.includes(raw as T));
}

export const flag: Shape<boolean> = checked((raw) => typeof raw === 'boolean');

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
  };
}

export const hex16: Shape<string> = hexBytes(16);
export const hex32: Shape<string> = hexBytes(32);
export const hex64: Shape<string> = hexBytes(64);

/** Byte strings that stay bytes in memory. */
export function byteString(lengthMax: number): Shape<Uint8Array> {
  return checked((raw) => raw instanceof Uint8Array && raw.length <= lengthMax);
}

export function nullable<T>(inner: Shape<T>): Shape<T | null> {
  return {
    toWire: (value, path) => (value === null ? null : inner.toWire(value, path)),
    fromWire: (raw, path) => (raw === null ? null : inner.fromWire(raw, path)),
  };
}

export function list<T>(item: Shape<T>, countMax: number, countMin = 0): Shape<readonly T[]> {
  const sized = (raw: unknown, path: string): readonly unknown[] => {
    if (!Array.isArray(raw) || raw.length > countMax || raw.length < countMin) throw malformed(path);
    return raw;
  };
  return {
    // Array.from, since map would leave the holes of a sparse array as they are.
    toWire: (value, path) =>
      Array.from(sized(value, path), (entry, index) => item.toWire(entry as T, `${path}[${index}]`)),
    fromWire: (raw, path) =>
      sized(raw, path).map((entry, index) => item.fromWire(entry, `${path}[${index}]`)),
  };
}

type Fields<T> = { readonly [K in keyof T]-?: Shape<T[K]> };

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
  return {
    toWire: (value, path) => convert(value, path, 'toWire'),
    fromWire: (raw, path) => convert(raw, path, 'fromWire') as T,
  };
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
  return {
    toWire: (value, path) => pick(value, path).toWire(value, path),
    fromWire: (raw, path) => pick(raw, path).fromWire(raw, path),
  };
}

export type { PlainValue };

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

function isPlainMap(raw: unknown): raw is Record<string, unknown> {
  if (typeof raw !== 'object' || raw === null) return false;
  const prototype: unknown = Object.getPrototypeOf(raw);
  return prototype === Object.prototype || prototype === null;
}

/** Canonical bytes of a value of the shape. Throws `ENCODING_INVALID` when the value does not have it. */
export function encode<T>(shape: Shape<T>, value: T): Uint8Array {
  return writeCbor(shape.toWire(value, '$'));
}

/**
 * The value of canonical bytes. Throws `ENCODING_TOO_LARGE` over `bytesMax`, `ENCODING_INVALID` on anything that is not
 * of the shape or does not re-encode to the same bytes, and nothing else.
 */
export function decode<T>(shape: Shape<T>, bytes: Uint8Array, bytesMax: number): T {
  if (bytes.length > bytesMax)
    throw new ConsiliumError('ENCODING_TOO_LARGE', { bytes: bytes.length, bytesMax });
  const raw = tryReadCbor(bytes);
  if (raw === undefined) throw malformed('$');
  return shape.fromWire(raw, '$');
}
