// Owns: taking entries that wait, in their order, over all their files, while others may be added. Does not own: one file
// (segments.ts), the batch that they become (queue.ts).
import { rm } from 'node:fs/promises';
import { ConsiliumError } from '@consilium/core';
import type { WaitingEntry } from '../../aggregate/waiting.ts';
import { AUDIT_SEGMENTS_KEPT } from '../../limits.ts';
import { onDisk, syncFolder } from './durable-files.ts';
import { waitingFolder } from './layout.ts';
import { listSegments, readSegment, type Segment, type SegmentPlace } from './segments.ts';

export interface WaitingEntries {
  /** The next ones, in whole chunks, no more than so many. Throws `STORE_DAMAGED`. */
  readonly take: (entriesMax: number) => Promise<readonly WaitingEntry[]>;
  /**
   * Removes files of which all was taken, but the last ones: the newest says how many entries there have been, and the keys
   * of both keep what is handed in again from being taken twice.
   */
  readonly forget: () => Promise<void>;
}

/** `from`: number of the first entry that was not taken before. */
export function createWaiting(store: string, from: number): WaitingEntries {
  let next = from;
  /** Where the segment that begins with this entry has been read up to. */
  let read: (SegmentPlace & { readonly first: number }) | undefined;

  /** Gives whether the segment was read to its end. */
  const takeFrom = async (
    segment: Segment,
    behind: Segment | undefined,
    entriesMax: number,
    taken: WaitingEntry[],
  ): Promise<boolean> => {
    if (segment.first > next) throw lost(segment.path, next);
    const start = read?.first === segment.first ? read : { offset: 0, next: segment.first };
    // After a start the entries that are in batches already are read over.
    const known = next - start.next;
    const part = await readSegment(segment, start, entriesMax - taken.length + known);
    for (const entry of part.entries.slice(known)) taken.push(entry);
    next = Math.max(next, part.end.next);
    read = { ...part.end, first: segment.first };
    if (behind === undefined || part.end.next === behind.first) return true;
    if (part.tornBytes > 0) throw lost(behind.path, next);
    return false;
  };

  const take = async (entriesMax: number): Promise<readonly WaitingEntry[]> => {
    const taken: WaitingEntry[] = [];
    const segments = await listSegments(store);
    for (const [at, segment] of segments.entries()) {
      const behind = segments[at + 1];
      if (behind !== undefined && behind.first <= next) continue;
      if (!(await takeFrom(segment, behind, entriesMax, taken))) break;
    }
    return taken;
  };

  const forget = async (): Promise<void> => {
    const segments = await listSegments(store);
    const endOf = (at: number): number => segments[at + 1]?.first ?? Number.POSITIVE_INFINITY;
    const gone = segments.slice(0, -AUDIT_SEGMENTS_KEPT).filter((_segment, at) => endOf(at) <= next);
    for (const { path } of gone) await onDisk(path, () => rm(path, { force: true }));
    if (gone.length > 0) await onDisk(store, () => syncFolder(waitingFolder(store)));
  };
  return { take, forget };
}

function lost(path: string, next: number): ConsiliumError {
  return new ConsiliumError(
    'STORE_DAMAGED',
    { file: path, entry: next },
    'waiting entries before those of this file are gone; put them back from a backup',
  );
}
