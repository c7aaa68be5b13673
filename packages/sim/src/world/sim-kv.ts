// Owns: a store with atomic synced batches: a batch under way at a power cut is there wholly or not at all, and a later
// one is never there without the earlier.
import type { Done, Kv, KvWrite } from '@consilium/node/replica';
import type { Life } from './life.ts';
import type { Prng } from './prng.ts';
import type { DiskTimes, PersistenceHook } from './sim-disk.ts';

export interface Row {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

interface Batch {
  readonly life: Life;
  readonly writes: readonly KvWrite[];
  readonly done: Done;
}

export interface SimKv {
  open(life: Life): Kv;
  /** The process died: batches that had reached the system may still land. Call after its life has ended. */
  crash(): void;
  wipe(): void;
  /** Reads for checkers, whoever is alive. */
  readonly reader: Pick<Kv, 'get'>;
  /** In the order of the keys, as a store lists them. */
  rowsOf(table: number): readonly Row[];
}

export function createSimKv(prng: Prng, times: DiskTimes, hook?: PersistenceHook): SimKv {
  const rows = new Map<string, Uint8Array>();
  let underWay: Batch[] = [];

  const apply = ({ writes }: Batch): void => {
    for (const { table, key, value } of writes) {
      if (value === null) rows.delete(rowName(table, key));
      else rows.set(rowName(table, key), value);
    }
  };
  const reader: Pick<Kv, 'get'> = { get: (table, key) => rows.get(rowName(table, key)) };

  /** One after the other: the next batch's sync begins when the one before it is durable. */
  const syncFirst = (): void => {
    const [batch] = underWay;
    if (batch === undefined) return;
    const { life, done } = batch;
    const tookUs = prng.between(times.syncUsMin, times.syncUsMax);
    if (hook !== undefined) life.after(tookUs / 2, () => hook('under-way'));
    life.after(tookUs, () => {
      underWay.shift();
      apply(batch);
      syncFirst();
      hook?.('durable');
      if (life.isAlive()) done();
    });
  };

  const rowsOf = (table: number): readonly Row[] =>
    [...rows]
      .filter(([name]) => name.charCodeAt(0) === table)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => ({ key: keyOf(name), value }));

  return {
    reader,
    rowsOf,
    open: (life) => ({
      ...reader,
      write: (writes, done) => {
        hook?.('asked');
        if (!life.isAlive()) return;
        underWay.push({ life, writes, done });
        if (underWay.length === 1) syncFirst();
      },
    }),
    crash: () => {
      for (const batch of underWay.slice(0, prng.between(0, underWay.length))) apply(batch);
      underWay = [];
    },
    wipe: () => {
      rows.clear();
      underWay = [];
    },
  };
}

function rowName(table: number, key: Uint8Array): string {
  return String.fromCharCode(table, ...key);
}

function keyOf(name: string): Uint8Array {
  return Uint8Array.from({ length: name.length - 1 }, (_, at) => name.charCodeAt(at + 1));
}
