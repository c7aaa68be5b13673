// Owns: giving the room of deleted rows back to the disk, one range after the other, and that no store is closed under it.
import { concat } from '@consilium/core';
import type { CompactRange } from '../replica/pruner.ts';
import { storeError } from './errors.ts';

/** What `level` is on Node.js; its types name only what it has in browsers as well. */
export interface Compactable {
  compactRange(start: Uint8Array, end: Uint8Array): Promise<void>;
}

export interface Compaction {
  readonly run: (ranges: readonly CompactRange[]) => Promise<void>;
  /** After the range that is being worked on. */
  readonly end: () => Promise<void>;
}

export function createCompaction(database: Compactable): Compaction {
  let last: Promise<void> = Promise.resolve();
  let ended = false;
  const compact = async ({ table, from, to }: CompactRange): Promise<void> => {
    if (ended) return;
    const start = concat(Uint8Array.of(table), from ?? new Uint8Array());
    const end = to === undefined ? Uint8Array.of(table + 1) : concat(Uint8Array.of(table), to);
    await database.compactRange(start, end);
  };
  const runAll = async (ranges: readonly CompactRange[]): Promise<void> => {
    try {
      for (const range of ranges) await compact(range);
    } catch (error) {
      throw storeError(error);
    }
  };
  return {
    run: (ranges) => {
      const own = last.then(() => runAll(ranges));
      last = own.catch(() => undefined);
      return own;
    },
    end: () => {
      ended = true;
      return last;
    },
  };
}
