// Owns: the blobs in segment files: appended with one sync per call, read, overwritten. Calls of `append` and `erase` come
// one at a time; reads may come meanwhile. Does not own: what was found at start (recover.ts), the index.
import { join } from 'node:path';
import { fromHex, type Hex32 } from '@consilium/core';
import { diskError, errnoOf } from '../files/errors.ts';
import { openPlainFile, type PlainFile } from '../files/plain-file.ts';
import { VAULT_OPEN_SEGMENTS_MAX, VAULT_SEGMENT_BYTES_MAX } from '../limits.ts';
import { contentId } from './content-id.ts';
import { createHandlePool, readAt } from './handle-pool.ts';
import type { SegmentPlace, Tail } from './location.ts';
import { decodeEntryHeader, ENTRY_HEADER_BYTES, encodeEntryHeader } from './segment-entry.ts';
import { overwriteEntries, segmentName } from './segment-file.ts';

export interface FoundSegments {
  /** Segment number -> length of its whole entries, in bytes. */
  readonly lengths: ReadonlyMap<number, number>;
  readonly tail: Tail;
}

export interface Segments {
  tail(): Tail;
  /** Whether the place lies within what is known to be written. */
  covers(place: SegmentPlace): boolean;
  /** Durable when the promise is fulfilled; otherwise nothing was appended. Throws `DISK_FULL`, `DISK_FAILED`. */
  append(blobs: ReadonlyMap<Hex32, Uint8Array>): Promise<ReadonlyMap<Hex32, SegmentPlace>>;
  /** What stands there, unchecked; shorter or undefined where the file ends or is missing. Throws as the system does. */
  read(place: SegmentPlace): Promise<Uint8Array | undefined>;
  /** Overwrites what is still there of these blobs, durably. Throws `DISK_FULL`, `DISK_FAILED`. */
  erase(places: ReadonlyMap<Hex32, SegmentPlace>): Promise<void>;
  close(): Promise<void>;
}

/** Neighbouring entries of one segment, and the place where they begin. */
interface Portion {
  readonly start: Tail;
  readonly parts: Uint8Array[];
  length: number;
}

interface Layout {
  readonly portions: readonly Portion[];
  readonly places: ReadonlyMap<Hex32, SegmentPlace>;
}

export function createSegments(folder: string, found: FoundSegments): Segments {
  const lengths = new Map(found.lengths);
  const pool = createHandlePool(VAULT_OPEN_SEGMENTS_MAX);
  let tail = found.tail;

  const covers = (place: SegmentPlace): boolean =>
    place.offset + ENTRY_HEADER_BYTES + place.length <= (lengths.get(place.segment) ?? 0);
  const readRange = (segment: number, offset: number, length: number): Promise<Uint8Array | undefined> =>
    readIfThere(pool.use(join(folder, segmentName(segment)), (handle) => readAt(handle, offset, length)));
  const read = async (place: SegmentPlace): Promise<Uint8Array | undefined> =>
    covers(place) ? readRange(place.segment, place.offset + ENTRY_HEADER_BYTES, place.length) : undefined;

  const files = createAppendedFiles(folder);
  const append = async (blobs: ReadonlyMap<Hex32, Uint8Array>): Promise<ReadonlyMap<Hex32, SegmentPlace>> => {
    const { portions, places } = layOut(blobs, tail);
    try {
      for (const portion of portions) await files.write(portion);
    } catch (error) {
      // The tail stays: the next append goes over whatever stands behind it.
      await files.withdraw(portions);
      throw diskError(error, 'vault/segments');
    }
    try {
      for (const { start } of portions) await files.sync(start.segment);
    } catch (error) {
      await files.withdraw(portions);
      // A second sync of this file may report success for pages that the kernel has dropped: it gets no more.
      tail = { segment: (portions.at(-1)?.start ?? tail).segment + 1, offset: 0 };
      throw diskError(error, 'vault/segments');
    }
    for (const { start, length } of portions) {
      tail = { segment: start.segment, offset: start.offset + length };
      lengths.set(tail.segment, tail.offset);
    }
    await files.keepOnly(tail.segment);
    return places;
  };

  /**
   * The index alone must not decide what is overwritten: with a flipped bit it would name another blob. Either the
   * header or the bytes say whose place it is; a header without id is a destruction that was cut short.
   */
  const isOf = async (id: Hex32, place: SegmentPlace): Promise<boolean> => {
    try {
      const bytes = await readRange(place.segment, place.offset, ENTRY_HEADER_BYTES + place.length);
      if (bytes === undefined) return false;
      const header = decodeEntryHeader(bytes);
      const isNamed = header?.length === place.length && (header.id === id || header.id === undefined);
      return isNamed || (await contentId(bytes.subarray(ENTRY_HEADER_BYTES))) === id;
    } catch (error) {
      // Nothing but the index can say it, and what the disk cannot read today it may read tomorrow.
      if (errnoOf(error) === 'EIO') return true;
      throw error;
    }
  };
  const erase = async (places: ReadonlyMap<Hex32, SegmentPlace>): Promise<void> => {
    const bySegment = new Map<number, SegmentPlace[]>();
    try {
      for (const [id, place] of places) {
        if (!covers(place) || !(await isOf(id, place))) continue;
        bySegment.set(place.segment, [...(bySegment.get(place.segment) ?? []), place]);
      }
      for (const [segment, own] of bySegment) await overwriteEntries(folder, segment, own);
    } catch (error) {
      throw diskError(error, 'vault/segments');
    }
  };
  const close = async (): Promise<void> => {
    await files.keepOnly(undefined);
    await pool.close();
  };
  return { tail: () => tail, covers, append, read, erase, close };
}

/** Entries one after the other from the tail on; one that does not fit begins the next segment. */
function layOut(blobs: ReadonlyMap<Hex32, Uint8Array>, tail: Tail): Layout {
  const portions: Portion[] = [];
  const places = new Map<Hex32, SegmentPlace>();
  let { segment, offset } = tail;
  let portion: Portion | undefined;
  for (const [id, bytes] of blobs) {
    const entryBytes = ENTRY_HEADER_BYTES + bytes.length;
    if (offset + entryBytes > VAULT_SEGMENT_BYTES_MAX) {
      segment += 1;
      offset = 0;
      portion = undefined;
    }
    if (portion === undefined) {
      portion = { start: { segment, offset }, parts: [], length: 0 };
      portions.push(portion);
    }
    portion.parts.push(encodeEntryHeader(fromHex(id), bytes.length), bytes);
    portion.length += entryBytes;
    places.set(id, { type: 'segment', segment, offset, length: bytes.length });
    offset += entryBytes;
  }
  return { portions, places };
}

interface AppendedFiles {
  readonly write: (portion: Portion) => Promise<void>;
  readonly sync: (segment: number) => Promise<void>;
  /** Cuts off what was written, as far as the disk allows it, and closes. */
  readonly withdraw: (portions: readonly Portion[]) => Promise<void>;
  readonly keepOnly: (segment: number | undefined) => Promise<void>;
}

/** The segment at the tail stays open, and those that one append goes on to. */
function createAppendedFiles(folder: string): AppendedFiles {
  const files = new Map<number, PlainFile>();
  const fileOf = async (segment: number): Promise<PlainFile> => {
    const file = files.get(segment) ?? (await openPlainFile(folder, segmentName(segment)));
    files.set(segment, file);
    return file;
  };
  const keepOnly = async (kept: number | undefined): Promise<void> => {
    for (const [segment, file] of files) {
      if (segment === kept) continue;
      files.delete(segment);
      await file.close();
    }
  };
  return {
    write: async ({ start, parts }) => {
      const bytes = Buffer.concat(parts);
      await (await fileOf(start.segment)).perform([{ type: 'writeAt', offset: start.offset, bytes }]);
    },
    sync: async (segment) => (await fileOf(segment)).sync(),
    withdraw: async (portions) => {
      for (const { start } of portions) {
        // What cannot be cut now is found behind the tail when the vault is opened again.
        await files
          .get(start.segment)
          ?.perform([{ type: 'truncate', length: start.offset }])
          .catch(() => undefined);
      }
      await keepOnly(undefined);
    },
    keepOnly,
  };
}

async function readIfThere(reading: Promise<Uint8Array>): Promise<Uint8Array | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
