// Owns: from entries that wait to batches that are committed, on the disk: a batch is decided once and for ever, and its
// transaction durable before it is sent. Does not own: sending it (aggregate/commit.ts).
import { AGGREGATE_ENTRIES_MAX, ConsiliumError } from '@consilium/core';
import { buildAuditBatch, formatAuditBatch } from '../../aggregate/batch.ts';
import type { AuditQueue, DecidedBatch } from '../../aggregate/commit.ts';
import type { AuditHeads } from '../../aggregate/heads-file.ts';
import { AUDIT_HEADS_EVERY_BATCHES } from '../../limits.ts';
import { makeStoreFolder, writeDurable } from './durable-files.ts';
import { takeFolderLock } from './folder-lock.ts';
import { type AuditStore, batchFolder, batchPath } from './layout.ts';
import { readProgress, readSending, writeCommitted, writeSending } from './progress.ts';
import { grownTo, readBatch, readHeads, writeHeads } from './stored-batches.ts';
import { createWaiting } from './waiting-entries.ts';

export interface StoredQueue extends AuditQueue, AsyncDisposable {
  /** Writes the heads down, for a quicker start. */
  readonly close: () => Promise<void>;
}

/** Throws `STORE_LOCKED` when another process commits, `FILE_INVALID`, `FILE_MISSING` or `STORE_DAMAGED` for a damaged store. */
export async function openAuditQueue(store: AuditStore): Promise<StoredQueue> {
  const lock = await takeFolderLock(store.folder, 'committing.lock');
  try {
    const { decided } = await readProgress(store);
    const kept = await readHeads(store, decided);
    const heads = await grownTo(store.folder, kept, decided);
    return createQueue(store, heads, kept.batches, lock.release);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

function createQueue(
  store: AuditStore,
  start: AuditHeads,
  keptBatches: number,
  release: () => Promise<void>,
): StoredQueue {
  const { folder, genesis, institution } = store;
  let heads = start;
  let headsKept = keptBatches;
  let failed = false;
  const waiting = createWaiting(folder, start.entries);

  const decide = async (): Promise<DecidedBatch | null> => {
    const entries = await waiting.take(AGGREGATE_ENTRIES_MAX);
    if (entries.length === 0) return null;
    const { batches: index, entries: first, map } = heads;
    // From here on the map in memory is ahead of the disk.
    failed = true;
    const batch = buildAuditBatch(map, { index, first }, entries);
    await makeStoreFolder(batchFolder(folder, index));
    await writeDurable(batchPath(folder, index), formatAuditBatch(batch));
    heads = { batches: index + 1, entries: first + entries.length, map };
    failed = false;
    await waiting.forget();
    return { head: batch.head, tx: null };
  };

  const next = async (): Promise<DecidedBatch | null> => {
    if (failed) throw new ConsiliumError('DISK_FAILED', { file: folder });
    const { decided, committed } = await readProgress(store);
    if (decided === committed) return decide();
    const { head } = await readBatch(folder, committed);
    return { head, tx: (await readSending(folder, committed)) ?? null };
  };

  const keepHeads = async (): Promise<void> => {
    const { decided, committed } = await readProgress(store);
    if (failed || decided !== committed || headsKept === decided) return;
    await writeHeads(folder, heads);
    headsKept = decided;
  };

  const close = async (): Promise<void> => {
    try {
      await keepHeads();
    } finally {
      await release();
    }
  };
  return {
    genesis,
    institution,
    next,
    signed: ({ head }, tx) => writeSending(folder, { batch: head.index, tx }),
    committed: async ({ head }) => {
      await writeCommitted(folder, head.index + 1);
      if (head.index + 1 - headsKept >= AUDIT_HEADS_EVERY_BATCHES) await keepHeads();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
