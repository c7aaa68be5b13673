// Owns: what a shape is. Each has a plain way, which names the place of whatever is wrong, and may have a direct one between
// the value and its bytes, which is several times as fast and says only that it gives up: then the plain way has the word.
import type { Cursor } from './cbor-read.ts';
import { readItem } from './cbor-read.ts';
import { type Writer, writeItem } from './cbor-write.ts';
import { ConsiliumError, isConsiliumError } from './errors.ts';

/** How one kind of value stands on the wire. Both directions check it; `path` names the place in a refusal. */
export interface Shape<T> {
  readonly toWire: (value: T, path: string) => unknown;
  readonly fromWire: (raw: unknown, path: string) => T;
  /** Writes what `toWire` gives; false when it would refuse. */
  readonly write?: Write;
  /** Reads what `fromWire` gives, or `GIVEN_UP` on everything else. */
  readonly read?: Read<T>;
}

export type Write = (writer: Writer, value: unknown) => boolean;
export type Read<T> = (cursor: Cursor, depth: number) => T | typeof GIVEN_UP;

/** No value of any shape. */
export const GIVEN_UP: unique symbol = Symbol('given up');

export function malformed(path: string): ConsiliumError {
  return new ConsiliumError('ENCODING_INVALID', { path });
}

/** The direct ways of any shape: one that has none goes the plain way. */
export function writeOf<T>({ write, toWire }: Shape<T>): Write {
  return (
    write ??
    ((writer, value) =>
      unlessMalformed(() => {
        writeItem(writer, toWire(value as T, '$'));
        return true;
      }) === true)
  );
}

export function readOf<T>({ read, fromWire }: Shape<T>): Read<T> {
  return (
    read ??
    ((cursor, depth) => {
      const raw = readItem(cursor, depth);
      return raw === undefined ? GIVEN_UP : unlessMalformed(() => fromWire(raw, '$'));
    })
  );
}

function unlessMalformed<T>(attempt: () => T): T | typeof GIVEN_UP {
  try {
    return attempt();
  } catch (error) {
    if (!isConsiliumError(error)) throw error;
    return GIVEN_UP;
  }
}
