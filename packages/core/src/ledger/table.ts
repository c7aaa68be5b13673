// Owns: what a table of ledger state is, and reading and writing one typed row of it. Does not own: which tables there are
// (tables.ts), the tables of the node's disk, which have numbers of their own.
import { decode, encode, type Shape } from '../codec.ts';
import { STATE_VALUE_BYTES_MAX } from '../limits.ts';
import type { Overlay, StateReader } from './state.ts';

export interface Table<K extends readonly unknown[], V> {
  readonly number: number;
  readonly keyOf: (...key: K) => Uint8Array;
  readonly shape: Shape<V>;
  /** Rows by the very bytes that they were read or written as: the state machine meets the same ones again and again. */
  readonly decoded: WeakMap<Uint8Array, V>;
}

export function table<K extends readonly unknown[], V>(
  number: number,
  keyOf: (...key: K) => Uint8Array,
  shape: Shape<V>,
): Table<K, V> {
  return { number, keyOf, shape, decoded: new WeakMap() };
}

/** The row of bytes from anywhere. Throws `ENCODING_TOO_LARGE` or `ENCODING_INVALID`. */
export function rowValue<K extends readonly unknown[], V>(from: Table<K, V>, value: Uint8Array): V {
  return decode(from.shape, value, STATE_VALUE_BYTES_MAX);
}

/** A row of state whose bytes nobody changes (StateReader). */
export function readRow<K extends readonly unknown[], V>(
  reader: StateReader,
  from: Table<K, V>,
  ...key: K
): V | undefined {
  const value = reader.get(from.number, from.keyOf(...key));
  if (value === undefined) return undefined;
  const known = from.decoded.get(value);
  if (known !== undefined) return known;
  const row = rowValue(from, value);
  from.decoded.set(value, row);
  return row;
}

/** A row that the state machine itself has put there. */
export function mustReadRow<K extends readonly unknown[], V>(
  reader: StateReader,
  from: Table<K, V>,
  ...key: K
): V {
  const row = readRow(reader, from, ...key);
  if (row === undefined) throw new Error(`invariant: a row of table ${from.number} is missing`);
  return row;
}

export function writeRow<K extends readonly unknown[], V>(
  overlay: Overlay,
  into: Table<K, V>,
  key: K,
  value: V,
): void {
  const bytes = encode(into.shape, value);
  into.decoded.set(bytes, value);
  overlay.put(into.number, into.keyOf(...key), bytes);
}

export function deleteRow<K extends readonly unknown[], V>(
  overlay: Overlay,
  from: Table<K, V>,
  ...key: K
): void {
  overlay.delete(from.number, from.keyOf(...key));
}
