// Owns: where a store begins: with the institution's first batch, or behind batches that were lost with an earlier store.
// Does not own: the store (node-only/audit-store).
import { AGGREGATES, type Hex32, listCount, readRow, ZERO_HASH } from '@consilium/core';
import type { Client } from '../client/client.ts';
import type { ReadOptions } from '../client/session.ts';

/** The batches that are not in the store: so many, and the map root of the last. */
export interface StoreBegin {
  readonly batches: number;
  readonly mapRoot: Hex32;
}

export const FIRST_BEGIN: StoreBegin = { batches: 0, mapRoot: ZERO_HASH };

/** Behind all that the ledger holds of the institution. */
export async function beginBehind(
  client: Client,
  institution: Hex32,
  options: ReadOptions = {},
): Promise<StoreBegin> {
  const { value } = await client.read((state) => {
    const batches = listCount(state, 'aggregates', institution);
    const last = batches === 0 ? undefined : readRow(state, AGGREGATES, institution, batches - 1);
    return { batches, mapRoot: last?.mapRoot ?? ZERO_HASH };
  }, options);
  return value;
}
