// Owns: how a reader outside the state machine names a row and understands its value, to look it up with a proof: by key
// only, never by range. Lists are gapless: read the count, then each index; with their proofs the list is complete.
// Does not own: the proof itself (../state-proof.ts).
import type { StateReader } from './state.ts';
import { rowValue, type Table } from './table.ts';

/** One lookup: where the row stands, and how its value reads. */
export interface StateQuery<V> {
  readonly table: number;
  readonly key: Uint8Array;
  /** Throws `ENCODING_TOO_LARGE` or `ENCODING_INVALID`: a node handed out something else. */
  readonly decode: (value: Uint8Array) => V;
}

/** `stateQuery(ACCOUNTS, id)`, `stateQuery(CONSENTS, patient, 0)`, `stateQuery(COUNTS, 'consents', patient)`. */
export function stateQuery<K extends readonly unknown[], V>(from: Table<K, V>, ...key: K): StateQuery<V> {
  return { table: from.number, key: from.keyOf(...key), decode: (value) => rowValue(from, value) };
}

export function runQuery<V>(reader: StateReader, query: StateQuery<V>): V | undefined {
  const value = reader.get(query.table, query.key);
  return value === undefined ? undefined : query.decode(value);
}
