// Owns: the vault of a node as one thing with a lifetime: who waits for whom, what is answered and what is reported. Does
// not own: who may read or write (the API, custody), nor that one process alone uses the folder (files/home.ts).
import { join } from 'node:path';
import { BLOB_BYTES_MAX, ConsiliumError, type Hex32 } from '@consilium/core';
import { diskError } from '../files/errors.ts';
import { VAULT_GROUP_BYTES_MAX, VAULT_GROUP_REMOVALS_MAX, VAULT_READS_MAX } from '../limits.ts';
import type { Done, Kv, Report, Vault } from '../ports.ts';
import { openBlobFiles } from './blob-files.ts';
import { createBlobIndex } from './blob-index.ts';
import { createJobQueue, type Job } from './job-queue.ts';
import { createLimiter } from './limiter.ts';
import type { VaultStats } from './location.ts';
import { type Damage, readBlob, settleBlob } from './reading.ts';
import { recover } from './recover.ts';
import { createSegments } from './segments.ts';
import { destroyBlobs, storeBlobs, type VaultParts } from './writing.ts';

export type { VaultStats } from './location.ts';

export interface LocalVault extends Vault, AsyncDisposable {
  stats(): VaultStats;
  /** Ends what was asked for before. Nothing may be asked for after it. */
  close(): Promise<void>;
}

interface WriteJob extends Job {
  readonly group: 'write';
  readonly blobs: readonly Uint8Array[];
  readonly done: Done;
}
interface RemoveJob extends Job {
  readonly group: 'remove';
  readonly ids: readonly Hex32[];
  readonly done: Done;
}
interface SettleJob extends Job {
  readonly group: undefined;
  readonly id: Hex32;
  readonly done: (bytes: Uint8Array | undefined) => void;
}
type VaultJob = WriteJob | RemoveJob | SettleJob;

/**
 * Opens or makes the vault in a folder, with its index in the store of the same home. Throws `DISK_FULL`, `DISK_FAILED`
 * {errno, file} and what the store throws.
 */
export async function openVault(folder: string, kv: Kv, report: Report): Promise<LocalVault> {
  try {
    const index = createBlobIndex(kv);
    const files = await openBlobFiles(join(folder, 'files'), join(folder, 'incoming'));
    const segmentsFolder = join(folder, 'segments');
    const found = await recover(segmentsFolder, { index, files, report });
    return createVault({ index, files, segments: createSegments(segmentsFolder, found) }, report);
  } catch (error) {
    throw diskError(error, 'vault');
  }
}

function createVault(parts: VaultParts, report: Report): LocalVault {
  const reads = createLimiter(VAULT_READS_MAX);
  const reporting = createReporting(report);
  const jobs = createJobQueue<VaultJob>((turn) => perform(parts, reporting, turn));
  let closed = false;
  const checkOpen = (): void => {
    if (closed) throw new Error('invariant: the vault was closed before its users');
  };

  const has = (id: Hex32): boolean => {
    const location = parts.index.find(id);
    return location !== undefined && (location.type === 'file' || parts.segments.covers(location));
  };
  const settle = (id: Hex32): Promise<Uint8Array | undefined> =>
    new Promise((resolve) => {
      jobs.add({ group: undefined, size: 1, sizeMax: 1, id, done: resolve });
    });
  const readOne = async (id: Hex32): Promise<Uint8Array | undefined> => {
    try {
      const answer = await readBlob(parts, id);
      if (answer === 'absent') return undefined;
      return answer === 'unsettled' ? await settle(id) : answer;
    } catch (error) {
      reporting.unreadable(error);
      return undefined;
    }
  };
  const close = async (): Promise<void> => {
    closed = true;
    // Reads first: one of damaged bytes still changes the index.
    await reads.idle();
    await jobs.idle();
    await parts.segments.close();
  };
  return {
    has,
    read: (id, done) => {
      checkOpen();
      reads.run(async () => {
        const bytes = await readOne(id);
        queueMicrotask(() => done(bytes));
      });
    },
    write: (blobs, done) => {
      checkOpen();
      const size = blobs.reduce((sum, { length }) => sum + length, 0);
      jobs.add({ group: 'write', size, sizeMax: VAULT_GROUP_BYTES_MAX, blobs, done });
    },
    remove: (ids, done) => {
      checkOpen();
      jobs.add({ group: 'remove', size: ids.length, sizeMax: VAULT_GROUP_REMOVALS_MAX, ids, done });
    },
    stats: () => parts.index.stats(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface Reporting {
  readonly damaged: (damage: Damage) => void;
  readonly unreadable: (error: unknown) => void;
}

/** Without ids: they name content. */
function createReporting(report: Report): Reporting {
  let count = 0;
  return {
    damaged: ({ kind, cause }) => {
      count += 1;
      report({ level: 'error', code: 'vault.damaged', kind, cause, count });
    },
    unreadable: (error) => {
      const { code, data } = diskError(error, 'vault');
      const errno = data['errno'] ?? data['cause'] ?? 'UNKNOWN';
      report({ level: 'error', code: 'vault.unreadable', error: code, errno });
    },
  };
}

/** One turn of the queue: jobs of one group, or one of its own. */
async function perform(parts: VaultParts, reporting: Reporting, turn: readonly VaultJob[]): Promise<void> {
  const writes = turn.filter((job) => job.group === 'write');
  const removals = turn.filter((job) => job.group === 'remove');
  if (writes.length > 0) await performWrites(parts, writes);
  if (removals.length > 0) {
    const error = await errorOf(
      destroyBlobs(
        parts,
        removals.flatMap(({ ids }) => ids),
      ),
    );
    for (const { done } of removals) answer(() => done(error));
  }
  for (const job of turn) if (job.group === undefined) await performSettling(parts, reporting, job);
}

async function performWrites(parts: VaultParts, writes: readonly WriteJob[]): Promise<void> {
  const accepted: WriteJob[] = [];
  for (const job of writes) {
    const refusal = refusalOf(job.blobs);
    if (refusal === undefined) accepted.push(job);
    else answer(() => job.done(refusal));
  }
  const error = await errorOf(
    storeBlobs(
      parts,
      accepted.flatMap(({ blobs }) => blobs),
    ),
  );
  if (error !== undefined && accepted.length > 1) {
    // What failed may be too much only together: each for itself, so that nobody fails for another's size.
    for (const job of accepted) await performWrites(parts, [job]);
    return;
  }
  for (const { done } of accepted) answer(() => done(error));
}

function refusalOf(blobs: readonly Uint8Array[]): ConsiliumError | undefined {
  const large = blobs.find(({ length }) => length > BLOB_BYTES_MAX);
  if (large === undefined) return undefined;
  return new ConsiliumError('ENCODING_TOO_LARGE', { bytes: large.length, bytesMax: BLOB_BYTES_MAX });
}

async function performSettling(
  parts: VaultParts,
  reporting: Reporting,
  { id, done }: SettleJob,
): Promise<void> {
  try {
    done(await settleBlob(parts, id, reporting.damaged));
  } catch (error) {
    reporting.unreadable(error);
    done(undefined);
  }
}

async function errorOf(work: Promise<void>): Promise<ConsiliumError | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return diskError(error, 'vault');
  }
}

/** Apart from the queue: a fault of the one who is called must not pass for one of the disk, or end the queue. */
function answer(call: () => void): void {
  queueMicrotask(call);
}
