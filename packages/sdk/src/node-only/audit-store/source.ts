// Owns: the store as proofs are made from it: the chain of a pseudonym followed back through the batches, each entry with
// its place. Reads only: others may add and commit meanwhile.
import {
  auditEntryDigest,
  ConsiliumError,
  createMerkleProver,
  fromHex,
  type Hex32,
  isConsiliumError,
  type MerkleProof,
} from '@consilium/core';
import type { StoredPlace } from '../../aggregate/audit-map.ts';
import type { AuditBatch, StoredEntry } from '../../aggregate/batch.ts';
import type { EntriesSource, PlacedEntry } from '../../aggregate/prove-entries.ts';
import type { AuditStore } from './layout.ts';
import { readProgress } from './progress.ts';
import { grownTo, readBatch, readHeads } from './stored-batches.ts';

export interface StoredSource extends EntriesSource {
  /** All entries of one batch, of whatever pseudonym, each with its place. */
  readonly batch: (index: number) => Promise<readonly PlacedEntry[]>;
}

/** Throws `FILE_MISSING` or `FILE_INVALID` for a damaged store. */
export async function openEntriesSource(store: AuditStore): Promise<StoredSource> {
  const { folder, genesis, institution } = store;
  const { committed } = await readProgress(store);
  let heads = await grownTo(folder, await readHeads(store, committed), committed);
  const growTo = async (batches: number): Promise<void> => {
    try {
      heads = await grownTo(folder, heads, batches);
    } catch (error) {
      if (isConsiliumError(error, 'FILE_MISSING'))
        throw new ConsiliumError('AGGREGATES_DIVERGED', { batches });
      throw error;
    }
  };
  return {
    genesis,
    institution,
    batches: () => heads.batches,
    map: () => heads.map,
    growTo,
    batch: async (index) => {
      const open = await openBatch(folder, index);
      return open.batch.entries.map((stored, position) => placed(open, { batch: index, position }, stored));
    },
    entriesOf: (patient, index) => followBack(folder, patient, heads.map.rowOf(patient), index),
  };
}

interface OpenBatch {
  readonly batch: AuditBatch;
  readonly placeOf: (position: number) => MerkleProof;
}

async function openBatch(folder: string, index: number): Promise<OpenBatch> {
  const batch = await readBatch(folder, index);
  let prover: ((position: number) => MerkleProof) | undefined;
  const placeOf = (position: number): MerkleProof => {
    prover ??= createMerkleProver(batch.entries.map(({ entry }) => fromHex(auditEntryDigest(entry))));
    return prover(position);
  };
  return { batch, placeOf };
}

async function followBack(
  folder: string,
  patient: Hex32,
  row: { readonly count: number; readonly last: StoredPlace } | undefined,
  wanted: number | undefined,
): Promise<readonly PlacedEntry[]> {
  const count = row?.count ?? 0;
  if (wanted !== undefined && wanted >= count)
    throw new ConsiliumError(
      'VALUE_INVALID',
      { field: 'index', count },
      `entries of this pseudonym count from 0, and there are ${count}`,
    );
  const found: PlacedEntry[] = [];
  let place = row?.last ?? null;
  let open: OpenBatch | undefined;
  for (let index = count - 1; index >= (wanted ?? 0); index -= 1) {
    if (place === null) throw broken(folder, index);
    open = open?.batch.head.index === place.batch ? open : await openBatch(folder, place.batch);
    const stored = entryAt(open, place, patient, index);
    if (stored === undefined) throw broken(folder, index);
    if (index === (wanted ?? index)) found.push(placed(open, place, stored));
    place = stored.before;
  }
  return found.reverse();
}

function entryAt(
  { batch }: OpenBatch,
  { position }: StoredPlace,
  patient: Hex32,
  index: number,
): StoredEntry | undefined {
  const stored = batch.entries[position];
  return stored?.entry.patient === patient && stored.entry.index === index ? stored : undefined;
}

function placed({ batch, placeOf }: OpenBatch, { position }: StoredPlace, stored: StoredEntry): PlacedEntry {
  const { index, root } = batch.head;
  return { ...stored, batch: index, root, place: placeOf(position) };
}

function broken(folder: string, index: number): ConsiliumError {
  return new ConsiliumError('FILE_INVALID', { file: folder, entry: index, rule: 'the chain of a pseudonym' });
}
