// Owns: the files of entries that wait for a batch: finding their whole chunks, and telling the end that was not wholly
// written from damage. Does not own: writing them (adder.ts), what becomes of them (queue.ts).
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { ConsiliumError } from '@consilium/core';
import { parseWaitingChunk, type WaitingEntry } from '../../aggregate/waiting.ts';
import { namesIn, onDisk } from './durable-files.ts';
import { waitingFolder } from './layout.ts';

const SEGMENT = /^(\d{15})\.log$/;

export interface Segment {
  readonly path: string;
  /** Number of its first entry among all of the institution. */
  readonly first: number;
}

export function segmentOf(store: string, first: number): Segment {
  return { path: join(waitingFolder(store), `${String(first).padStart(15, '0')}.log`), first };
}

/** In the order of their entries. */
export async function listSegments(store: string): Promise<readonly Segment[]> {
  const names = await namesIn(waitingFolder(store));
  return names.flatMap((name) => {
    const digits = SEGMENT.exec(name)?.[1];
    return digits === undefined ? [] : [segmentOf(store, Number(digits))];
  });
}

/** Up to which byte and entry a segment has been read. */
export interface SegmentPlace {
  readonly offset: number;
  /** Number of the next entry. */
  readonly next: number;
}

export interface SegmentPart {
  readonly entries: readonly WaitingEntry[];
  readonly end: SegmentPlace;
  /** Bytes behind the last whole chunk: being written, or left by a process that died. Never acknowledged. */
  readonly tornBytes: number;
}

/**
 * Whole chunks from a place on, as long as they have together no more entries than asked for. A chunk is durable before the
 * next one is begun, so that only the end can be torn: a whole chunk behind one that is not means damage. Throws
 * `STORE_DAMAGED`.
 */
export async function readSegment(
  { path }: Segment,
  from: SegmentPlace,
  entriesMax: number,
): Promise<SegmentPart> {
  const bytes = await readFrom(path, from.offset);
  const entries: WaitingEntry[] = [];
  let { offset, next } = from;
  let at = 0;
  for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, at)) {
    const chunk = parseWaitingChunk(bytes.toString('utf8', at, end));
    if (chunk === undefined) {
      refuseWholeChunkAfter(path, bytes.subarray(end + 1), offset);
      break;
    }
    if (chunk.first !== next) throw damaged(path, offset);
    if (entries.length + chunk.entries.length > entriesMax)
      return { entries, end: { offset, next }, tornBytes: 0 };
    for (const entry of chunk.entries) entries.push(entry);
    next += chunk.entries.length;
    at = end + 1;
    offset = from.offset + at;
  }
  return { entries, end: { offset, next }, tornBytes: bytes.length - at };
}

function readFrom(path: string, offset: number): Promise<Buffer> {
  return onDisk(path, async () => {
    const handle = await open(path, 'r');
    try {
      const { size } = await handle.stat();
      const bytes = Buffer.alloc(Math.max(0, size - offset));
      let read = 0;
      while (read < bytes.length) {
        const { bytesRead } = await handle.read(bytes, read, bytes.length - read, offset + read);
        if (bytesRead === 0) break;
        read += bytesRead;
      }
      return bytes.subarray(0, read);
    } finally {
      await handle.close();
    }
  });
}

function refuseWholeChunkAfter(path: string, bytes: Buffer, offset: number): void {
  for (const line of bytes.toString('utf8').split('\n'))
    if (parseWaitingChunk(line) !== undefined) throw damaged(path, offset);
}

function damaged(path: string, offset: number): ConsiliumError {
  return new ConsiliumError(
    'STORE_DAMAGED',
    { file: path, offset },
    'waiting entries were changed or lost in the middle of the file; put it back from a backup',
  );
}

/** Number of all entries that were ever added, by the last file of those that wait; 0 when there is none. */
export async function countAdded(store: string): Promise<number> {
  const newest = (await listSegments(store)).at(-1);
  if (newest === undefined) return 0;
  const part = await readSegment(newest, { offset: 0, next: newest.first }, Number.POSITIVE_INFINITY);
  return part.end.next;
}
