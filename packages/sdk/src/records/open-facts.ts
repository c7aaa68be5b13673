// Owns: what is proven of the records of an access before any share is believed: their batches, roots and custodians.
import { BATCHES, type Hex32, readRow, type StateReader } from '@consilium/core';
import type { Client } from '../client/client.ts';
import {
  type CustodyEpochView,
  type NamedCustodian,
  type RecordView,
  readCustodyEpoch,
  readRecord,
} from '../client/record-queries.ts';

export interface PlaceFacts {
  /** Among the items of the access. */
  readonly place: number;
  readonly record: RecordView;
  /** Over the leaves of its batch in `custodians.epoch`. */
  readonly root: Hex32;
  readonly count: number;
  readonly custodians: CustodyEpochView;
}

/** Facts of each record by its place; without those that are not on the ledger. */
export async function readFacts(
  client: Client,
  items: readonly { readonly place: number; readonly record: Hex32 }[],
): Promise<ReadonlyMap<number, PlaceFacts>> {
  const { value } = await client.read((state) =>
    items.map((item) => factsOf(state, item.place, item.record)),
  );
  return new Map(value.filter((facts) => facts !== undefined).map((facts) => [facts.place, facts]));
}

function factsOf(state: StateReader, place: number, id: Hex32): PlaceFacts | undefined {
  const record = readRecord(state, id);
  const batch = record === null ? undefined : readRow(state, BATCHES, record.batch);
  const custodians = batch === undefined ? null : readCustodyEpoch(state, batch.epoch);
  if (record === null || batch === undefined || custodians === null) return undefined;
  return { place, record, root: batch.root, count: batch.count, custodians };
}

/** All that an institution is among the custodians of these records: its keys may differ by epoch. */
export function rolesOf(facts: Iterable<PlaceFacts>, institution: Hex32): readonly NamedCustodian[] {
  return [...facts].flatMap(({ custodians }) => custodians.custodians.filter(({ id }) => id === institution));
}
