// Owns: the check of a whole store against the ledger: every batch is the one that was committed, and every map grew out of
// the one before by exactly its entries, which no validator can see. Does not own: one entry's proof (verify-entries.ts).
import {
  AGGREGATES,
  type Aggregate,
  ConsiliumError,
  type Hex32,
  isConsiliumError,
  listCount,
  readRow,
} from '@consilium/core';
import type { Client } from '../client/client.ts';
import type { AsOf } from '../client/reading.ts';
import type { ReadOptions } from '../client/session.ts';
import { LIST_PAGE_MAX } from '../limits.ts';
import { createAuditMap } from './audit-map.ts';
import { type AuditBatch, growByBatch } from './batch.ts';
import type { StoreBegin } from './begin.ts';

/** The batches of an institution, read from wherever they are kept. */
export interface StoredBatches {
  readonly genesis: Hex32;
  readonly institution: Hex32;
  /** What came before is not in the store. */
  readonly begins: StoreBegin;
  /** Throws `FILE_MISSING`, `FILE_INVALID`. */
  readonly read: (index: number) => Promise<AuditBatch>;
}

export interface StoreCheck {
  readonly batches: number;
  readonly entries: number;
  readonly pseudonyms: number;
  /** The block whose list of batches the store was held against. */
  readonly asOf: AsOf;
}

/**
 * Throws `AGGREGATES_DIVERGED` with the first batch that is not in the store as it is on the ledger, and `FILE_INVALID` with the
 * first that does not follow on the one before, or is not what its roots are over.
 */
export async function checkEntryStore(
  client: Client,
  store: StoredBatches,
  options: ReadOptions = {},
): Promise<StoreCheck> {
  if (store.genesis !== client.genesisHash)
    throw new ConsiliumError('VALUE_INVALID', { field: 'store', rule: 'of another genesis' });
  const map = createAuditMap(store.begins.mapRoot);
  let entries = 0;
  let index = store.begins.batches;
  for (;;) {
    const { rows, count, asOf } = await readRows(client, store.institution, index, options);
    for (const row of rows) {
      const batch = await readCommitted(store, index, row);
      growByBatch(map, batch);
      entries += batch.head.count;
      index += 1;
    }
    if (index >= count)
      return { batches: index - store.begins.batches, entries, pseudonyms: map.size(), asOf };
  }
}

async function readRows(
  client: Client,
  institution: Hex32,
  from: number,
  options: ReadOptions,
): Promise<{ readonly rows: readonly Aggregate[]; readonly count: number; readonly asOf: AsOf }> {
  const { value, asOf } = await client.read((state) => {
    const count = listCount(state, 'aggregates', institution);
    const rows: Aggregate[] = [];
    for (let index = from; index < Math.min(count, from + LIST_PAGE_MAX); index += 1) {
      const row = readRow(state, AGGREGATES, institution, index);
      if (row !== undefined) rows.push(row);
    }
    return { rows, count };
  }, options);
  return { ...value, asOf };
}

async function readCommitted(store: StoredBatches, index: number, row: Aggregate): Promise<AuditBatch> {
  const diverged = (): ConsiliumError => new ConsiliumError('AGGREGATES_DIVERGED', { batch: index });
  try {
    const batch = await store.read(index);
    const { root, count, mapRoot, previous } = batch.head;
    const same =
      root === row.root && count === row.count && mapRoot === row.mapRoot && previous === row.previous;
    if (!same) throw diverged();
    return batch;
  } catch (error) {
    throw isConsiliumError(error, 'FILE_MISSING') ? diverged() : error;
  }
}
