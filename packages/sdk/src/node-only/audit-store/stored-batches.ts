// Owns: reading the batches of a store, and the heads of all pseudonyms after them. Does not own: deciding a batch
// (queue.ts), proofs (source.ts).
import { ConsiliumError, isConsiliumError } from '@consilium/core';
import { createAuditMap } from '../../aggregate/audit-map.ts';
import { type AuditBatch, growByBatch, parseAuditBatch } from '../../aggregate/batch.ts';
import type { StoreBegin } from '../../aggregate/begin.ts';
import type { StoredBatches } from '../../aggregate/check-store.ts';
import { type AuditHeads, formatAuditHeads, parseAuditHeads } from '../../aggregate/heads-file.ts';
import { readIfThere, writeDurable } from './durable-files.ts';
import { type AuditStore, batchPath, headsPath } from './layout.ts';
import { readProgress } from './progress.ts';

/** Throws `FILE_MISSING`, `FILE_INVALID`. */
export async function readBatch(store: string, index: number): Promise<AuditBatch> {
  const file = batchPath(store, index);
  const bytes = await readIfThere(file);
  if (bytes === undefined) throw new ConsiliumError('FILE_MISSING', { file });
  const batch = parseAuditBatch(bytes.toString('utf8'));
  if (batch.head.index !== index)
    throw new ConsiliumError('FILE_INVALID', { file, rule: 'the batch of another index' });
  return batch;
}

/** The batches as they are checked from the first to the last. */
export function openStoredBatches({ folder, genesis, institution, begins }: AuditStore): StoredBatches {
  return { genesis, institution, begins, read: (index) => readBatch(folder, index) };
}

/** The heads that were written down, as of no more than so many batches; else those that the store begins with. */
export async function readHeads({ folder, begins }: AuditStore, batchesMax: number): Promise<AuditHeads> {
  const bytes = await readIfThere(headsPath(folder));
  const heads = bytes === undefined ? undefined : tryParse(bytes.toString('utf8'));
  if (heads === undefined || heads.batches <= begins.batches || heads.batches > batchesMax)
    return headsAt(begins);
  const { head } = await readBatch(folder, heads.batches - 1);
  const fits = head.mapRoot === heads.map.root() && head.first + head.count === heads.entries;
  return fits ? heads : headsAt(begins);
}

function headsAt({ batches, mapRoot }: StoreBegin): AuditHeads {
  return { batches, entries: 0, map: createAuditMap(mapRoot) };
}

/** They only save time: what is no longer read is made anew from the batches. */
function tryParse(text: string): AuditHeads | undefined {
  try {
    return parseAuditHeads(text);
  } catch (error) {
    if (isConsiliumError(error, 'FILE_INVALID')) return undefined;
    throw error;
  }
}

export function writeHeads(store: string, heads: AuditHeads): Promise<void> {
  return writeDurable(headsPath(store), formatAuditHeads(heads));
}

/** The heads after so many batches: each is read, and checked against its own roots. Throws `FILE_MISSING`, `FILE_INVALID`. */
export async function grownTo(store: string, heads: AuditHeads, batches: number): Promise<AuditHeads> {
  let { entries } = heads;
  for (let index = heads.batches; index < batches; index += 1) {
    const batch = await readBatch(store, index);
    if (batch.head.first !== entries)
      throw new ConsiliumError('FILE_INVALID', {
        file: batchPath(store, index),
        rule: 'a gap before it',
      });
    growByBatch(heads.map, batch);
    entries += batch.head.count;
  }
  return { batches: Math.max(batches, heads.batches), entries, map: heads.map };
}

/** How many entries are in batches, by the head of the last one. */
export async function countEntered(store: AuditStore): Promise<number> {
  const { decided } = await readProgress(store);
  if (decided === store.begins.batches) return 0;
  const { head } = await readBatch(store.folder, decided - 1);
  return head.first + head.count;
}
