// Owns: how a query sees the store: one consistent snapshot with the height it was taken at. Does not own: LevelDB, the
// tables' numbers (tables.ts), the forms of the chain's rows (replica/chain.ts).
import { readBase, readTip } from '../replica/chain.ts';

/** One row of a table. */
export interface TableEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** The store as of one commit. Everything read from one reader belongs together. */
export interface ChainReader {
  /** Height of the last block of this snapshot; 0 before the first. */
  readonly height: number;
  /** Height of the earliest block that is kept. */
  readonly base: number;
  readonly get: (table: number, key: Uint8Array) => Uint8Array | undefined;
  /** Entries of the table with keys above `after`, in byte order, at most `limit`. */
  readonly entries: (
    table: number,
    page: { readonly after: Uint8Array; readonly limit: number },
  ) => Promise<readonly TableEntry[]>;
}

/** A reader that holds a resource of the store until it is closed. */
export interface ChainSnapshot extends ChainReader {
  readonly close: () => void;
}

/** A snapshot of the store (store/store.ts) as a reader of the chain. The caller closes it. */
export function openChain(snapshot: Omit<ChainSnapshot, 'height' | 'base'>): ChainSnapshot {
  const { get, entries, close } = snapshot;
  return { height: readTip(snapshot)?.height ?? 0, base: readBase(snapshot), get, entries, close };
}
