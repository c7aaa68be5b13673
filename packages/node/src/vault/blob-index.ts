// Owns: the index of the vault in the node's store: where each blob lies, how far the segments are indexed, the totals.
// Does not own: whether the bytes are there (segments.ts, blob-files.ts).
import { fromHex, type Hex32, utf8 } from '@consilium/core';
import type { Kv, KvWrite } from '../ports.ts';
import { TABLES } from '../tables.ts';
import { whenDone } from '../when-done.ts';
import {
  decodeLocation,
  decodeTail,
  encodeLocation,
  encodeTail,
  type Location,
  type Tail,
  type VaultStats,
} from './location.ts';

export interface IndexChanges {
  readonly added: ReadonlyMap<Hex32, Location>;
  readonly removed: readonly Hex32[];
}

export interface BlobIndex {
  find(id: Hex32): Location | undefined;
  /** The end of the indexed segments as it was found when the vault was opened; undefined in a new store. */
  tailFound(): Tail | undefined;
  stats(): VaultStats;
  /** All or nothing, durable when the promise is fulfilled. One at a time. Throws the coded error of the store. */
  commit(changes: IndexChanges, tail: Tail): Promise<void>;
}

const TAIL_KEY: Uint8Array = utf8('tail');
const table: number = TABLES.blobs;

/** Throws what reading the store throws. */
export function createBlobIndex(kv: Kv): BlobIndex {
  const stored = kv.get(table, TAIL_KEY);
  const found = stored === undefined ? undefined : decodeTail(stored);
  let stats: VaultStats = found?.stats ?? { blobs: 0, bytes: 0 };

  const find = (id: Hex32): Location | undefined => {
    const value = kv.get(table, fromHex(id));
    return value === undefined ? undefined : decodeLocation(value);
  };
  const commit = async ({ added, removed }: IndexChanges, tail: Tail): Promise<void> => {
    const replaced = [...added.keys(), ...removed].map(find);
    const next = statsAfter(stats, replaced, [...added.values()]);
    const writes: KvWrite[] = [
      ...[...added].map(([id, location]) => put(fromHex(id), encodeLocation(location))),
      ...removed.map((id) => ({ table, key: fromHex(id), value: null })),
      put(TAIL_KEY, encodeTail(tail, next)),
    ];
    await whenDone((done) => kv.write(writes, done));
    stats = next;
  };
  return { find, tailFound: () => found?.tail, stats: () => stats, commit };
}

function put(key: Uint8Array, value: Uint8Array): KvWrite {
  return { table, key, value };
}

function statsAfter(
  before: VaultStats,
  gone: readonly (Location | undefined)[],
  come: readonly Location[],
): VaultStats {
  const lost = gone.filter((location) => location !== undefined);
  const bytesOf = (all: readonly Location[]): number => all.reduce((sum, { length }) => sum + length, 0);
  // A store with a flipped bit must not end in a negative number, which has no form on the disk.
  return {
    blobs: Math.max(0, before.blobs + come.length - lost.length),
    bytes: Math.max(0, before.bytes + bytesOf(come) - bytesOf(lost)),
  };
}
