// Owns: ledger state as the state machine sees it: reading by (table, key), and writes held back in an overlay until a
// block is committed. Does not own: what the tables mean (tables.ts), the disk, or the tree that proves state.
import { compareBytes, equalBytes } from '../bytes.ts';

/** Committed state, or an overlay on it. The bytes handed out are shared: nobody changes them. */
export interface StateReader {
  readonly get: (table: number, key: Uint8Array) => Uint8Array | undefined;
}

/** One row that differs from the base: its value, null when it is gone, and what stood there before. */
export interface StateChange {
  readonly table: number;
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
  /** For undo records; null when the row was absent. */
  readonly before: Uint8Array | null;
}

export interface Overlay extends StateReader {
  readonly put: (table: number, key: Uint8Array, value: Uint8Array) => void;
  readonly delete: (table: number, key: Uint8Array) => void;
  /** All or nothing: what `run` writes stays when it returns, and vanishes when it throws. Nests. */
  readonly transact: <T>(run: () => T) => T;
  /**
   * What differs from the base, by table and then by key bytes. A row written back to what it was is no change, so
   * the answer depends on the base and the final values only, never on the order of writing.
   */
  readonly changes: () => readonly StateChange[];
}

interface Write {
  readonly table: number;
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

/** One write as it can be taken back: the row, and the write that stood before it in this overlay, if any. */
interface Undo {
  readonly name: string;
  readonly earlier: Write | undefined;
}

/** Table and key as one string, a character per byte: cheaper than hex and than spreading the key. Never shown. */
function rowName(table: number, key: Uint8Array): string {
  return String.fromCharCode(table) + Reflect.apply(String.fromCharCode, undefined, key);
}

/** Reads of the base are remembered, so a row is fetched from disk once per block. */
export function createOverlay(base: StateReader): Overlay {
  const writes = new Map<string, Write>();
  const originals = new Map<string, Uint8Array | undefined>();
  const journal: Undo[] = [];
  const original = (name: string, table: number, key: Uint8Array): Uint8Array | undefined => {
    const known = originals.get(name);
    if (known !== undefined || originals.has(name)) return known;
    const value = base.get(table, key);
    originals.set(name, value);
    return value;
  };
  const write = (table: number, key: Uint8Array, value: Uint8Array | null): void => {
    const name = rowName(table, key);
    journal.push({ name, earlier: writes.get(name) });
    writes.set(name, { table, key, value });
  };
  const revert = (mark: number): void => {
    for (const { name, earlier } of journal.splice(mark).reverse()) {
      if (earlier === undefined) writes.delete(name);
      else writes.set(name, earlier);
    }
  };
  return {
    get: (table, key) => {
      const name = rowName(table, key);
      const written = writes.get(name);
      return written === undefined ? original(name, table, key) : (written.value ?? undefined);
    },
    put: write,
    delete: (table, key) => write(table, key, null),
    transact: (run) => {
      const mark = journal.length;
      try {
        return run();
      } catch (error) {
        revert(mark);
        throw error;
      }
    },
    changes: () => {
      const changed: StateChange[] = [];
      for (const [name, { table, key, value }] of writes) {
        const before = original(name, table, key) ?? null;
        if (!sameValue(value, before)) changed.push({ table, key, value, before });
      }
      return changed.sort((a, b) => a.table - b.table || compareBytes(a.key, b.key));
    },
  };
}

function sameValue(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null) return a === b;
  return equalBytes(a, b);
}
