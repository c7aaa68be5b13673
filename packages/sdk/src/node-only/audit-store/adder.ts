// Owns: taking entries in: chunk by chunk, each durable before anybody hears of it. Does not own: reading input
// (aggregate/entry-input.ts), batches (queue.ts). It may add while another process commits.
import { type FileHandle, open } from 'node:fs/promises';
import type { ConsiliumError } from '@consilium/core';
import { formatWaitingChunk, type WaitingEntry } from '../../aggregate/waiting.ts';
import { AUDIT_CHUNK_ENTRIES_MAX, AUDIT_SEGMENT_BYTES_MAX } from '../../limits.ts';
import { diskError, onDisk, STORE_FILE_MODE, syncFolder } from './durable-files.ts';
import { takeFolderLock } from './folder-lock.ts';
import { type AuditStore, waitingFolder } from './layout.ts';
import { listSegments, readSegment, type Segment, type SegmentPlace, segmentOf } from './segments.ts';
import { countEntered } from './stored-batches.ts';

export interface AuditAdder extends AsyncDisposable {
  /**
   * How many were taken: those that have a key which came before are not. Durable when it returns. Throws `DISK_FULL` or
   * `DISK_FAILED`; then the adder takes no more: open it anew.
   */
  readonly add: (entries: readonly WaitingEntry[]) => Promise<number>;
  /** Number of all entries of the institution so far. */
  readonly total: () => number;
  /** What a process that died had begun to write and never acknowledged; it was cut off. 0: nothing. Bytes. */
  readonly tornBytes: number;
  readonly close: () => Promise<void>;
}

/** Throws `STORE_LOCKED` when another process adds, `STORE_DAMAGED`. */
export async function openAuditAdder(store: AuditStore): Promise<AuditAdder> {
  const lock = await takeFolderLock(store.folder, 'adding.lock');
  try {
    const found = await readKept(store);
    const writer = await openWriter(store.folder, found.segment, found.end);
    const close = async (): Promise<void> => {
      await writer.close();
      await lock.release();
    };
    const add = async (entries: readonly WaitingEntry[]): Promise<number> => {
      const keys = new Set<string>();
      const fresh = entries.filter(({ key }) => key === null || isFresh(key, found.keys, keys));
      await writer.add(fresh);
      for (const key of keys) found.keys.add(key);
      return fresh.length;
    };
    const { tornBytes } = found;
    return { add, total: writer.total, tornBytes, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

function isFresh(key: string, known: ReadonlySet<string>, now: Set<string>): boolean {
  if (known.has(key) || now.has(key)) return false;
  now.add(key);
  return true;
}

interface Kept {
  /** The one that is written to, and up to where it is whole. */
  readonly segment: Segment;
  readonly end: SegmentPlace;
  readonly tornBytes: number;
  /** Of all entries in files that are still there. */
  readonly keys: Set<string>;
}

async function readKept(store: AuditStore): Promise<Kept> {
  const segments = await listSegments(store.folder);
  const keys = new Set<string>();
  let kept: Kept | undefined;
  for (const segment of segments) {
    const start = { offset: 0, next: segment.first };
    const { entries, end, tornBytes } = await readSegment(segment, start, Number.POSITIVE_INFINITY);
    for (const { key } of entries) if (key !== null) keys.add(key);
    kept = { segment, end, tornBytes, keys };
  }
  if (kept !== undefined) return kept;
  const next = await countEntered(store);
  return { segment: segmentOf(store.folder, next), end: { offset: 0, next }, tornBytes: 0, keys };
}

async function openWriter(store: string, segment: Segment, end: SegmentPlace) {
  let { path } = segment;
  let { offset, next } = end;
  let handle = await openSegment(store, path, offset);
  let failure: ConsiliumError | undefined;

  const writeChunk = async (entries: readonly WaitingEntry[]): Promise<void> => {
    if (offset >= AUDIT_SEGMENT_BYTES_MAX) {
      await handle.close();
      path = segmentOf(store, next).path;
      offset = 0;
      handle = await openSegment(store, path, offset);
    }
    const bytes = Buffer.from(`${formatWaitingChunk({ first: next, entries })}\n`);
    await writeFully(handle, bytes, offset);
    await handle.datasync();
    offset += bytes.length;
    next += entries.length;
  };
  return {
    total: () => next,
    add: async (entries: readonly WaitingEntry[]): Promise<void> => {
      // A second sync may report success for pages that the kernel has dropped: nothing is tried again.
      if (failure !== undefined) throw failure;
      try {
        for (let from = 0; from < entries.length; from += AUDIT_CHUNK_ENTRIES_MAX)
          await writeChunk(entries.slice(from, from + AUDIT_CHUNK_ENTRIES_MAX));
      } catch (error) {
        failure = diskError(error, path);
        throw failure;
      }
    },
    close: () => handle.close(),
  };
}

/** Open for writing, cut to its whole chunks, its name durable. */
function openSegment(store: string, path: string, length: number): Promise<FileHandle> {
  return onDisk(path, async () => {
    const handle = await open(path, length === 0 ? 'w' : 'r+', STORE_FILE_MODE);
    await handle.truncate(length);
    await handle.sync();
    await syncFolder(waitingFolder(store));
    return handle;
  });
}

async function writeFully(handle: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, offset + written);
    written += bytesWritten;
  }
}
