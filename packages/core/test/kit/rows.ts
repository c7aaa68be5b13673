// Owns: ledger state written row by row, for tests of what reads it. Does not own: how such rows come to be.
import { createOverlay, encode, type Overlay, type Table } from '../../src/index.ts';

export function createRows(): Overlay {
  return createOverlay({ get: () => undefined });
}

export function putRow<K extends readonly unknown[], V>(
  state: Overlay,
  into: Table<K, V>,
  key: K,
  value: V,
): void {
  state.put(into.number, into.keyOf(...key), encode(into.shape, value));
}
