// Owns: what the vault does with what it finds when it is opened: entries behind the indexed tail are checked and taken
// into the index, a torn end is cut off, and an index that is lost is made anew from the files.
//
// A blob that is in a file and in no index could never be destroyed. So nothing whole is left behind the tail: a killed
// process may have written it without having told anyone.
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hex32 } from '@consilium/core';
import { openPlainFile } from '../files/plain-file.ts';
import type { Report } from '../ports.ts';
import type { BlobFiles } from './blob-files.ts';
import type { BlobIndex } from './blob-index.ts';
import type { SegmentPlace, Tail } from './location.ts';
import { ENTRY_HEADER_BYTES, type FoundEntry, findEntries } from './segment-entry.ts';
import { overwriteEntries, segmentName, segmentNumberOf } from './segment-file.ts';
import type { FoundSegments } from './segments.ts';

export interface RecoverDeps {
  readonly index: BlobIndex;
  readonly files: BlobFiles;
  readonly report: Report;
}

const START: Tail = { segment: 0, offset: 0 };

/** Reads the segments from the indexed tail on: all of them only when the index is lost. */
export async function recover(folder: string, deps: RecoverDeps): Promise<FoundSegments> {
  const { index, files, report } = deps;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lengths = await lengthsOf(folder);
  const tailFound = index.tailFound();
  // Before the tail is written: with it, an index of this vault counts as made.
  if (tailFound === undefined) await index.commit({ added: await files.list(), removed: [] }, START);
  const filesFound = tailFound === undefined ? index.stats().blobs : 0;
  const from = tailFound ?? START;
  let [adopted, cutBytes] = [filesFound, 0];
  for (const [segment, length] of [...lengths]) {
    const offset = segment === from.segment ? from.offset : 0;
    if (segment < from.segment || length <= offset) continue;
    const found = await recoverSegment(folder, { segment, offset }, index, lengths);
    adopted += found.adopted;
    cutBytes += length - found.end;
  }
  if (adopted > 0 || cutBytes > 0)
    report({ level: 'warn', code: 'vault.recovered', blobs: adopted, cutBytes });
  return { lengths, tail: tailOf(lengths, from) };
}

/** In the order of their numbers. */
async function lengthsOf(folder: string): Promise<Map<number, number>> {
  const numbers = (await readdir(folder)).map(segmentNumberOf).filter((number) => number !== undefined);
  const lengths = new Map<number, number>();
  for (const number of numbers.sort((a, b) => a - b)) {
    lengths.set(number, (await stat(join(folder, segmentName(number)))).size);
  }
  return lengths;
}

/** A segment that is shorter than the index knows it was lost its end: its numbers are not given to other bytes. */
function tailOf(lengths: ReadonlyMap<number, number>, indexed: Tail): Tail {
  const segment = Math.max(indexed.segment, ...lengths.keys());
  const offset = lengths.get(segment) ?? 0;
  const isShort = segment === indexed.segment && offset < indexed.offset;
  return isShort ? { segment: segment + 1, offset: 0 } : { segment, offset };
}

interface Recovered {
  readonly adopted: number;
  /** Where the whole entries of the segment end. */
  readonly end: number;
}

async function recoverSegment(
  folder: string,
  from: Tail,
  index: BlobIndex,
  lengths: Map<number, number>,
): Promise<Recovered> {
  const { segment, offset } = from;
  const bytes = new Uint8Array(await readFile(join(folder, segmentName(segment))));
  const entries = await findEntries(bytes, offset);
  const last = entries.at(-1);
  const end = last === undefined ? offset : last.offset + ENTRY_HEADER_BYTES + last.length;
  await makeDurable(folder, from, bytes.subarray(offset, end));
  lengths.set(segment, end);
  const { added, copies } = sort(entries, segment, index, lengths);
  if (copies.length > 0) await overwriteEntries(folder, segment, copies);
  await index.commit({ added, removed: [] }, { segment, offset: end });
  return { adopted: added.size, end };
}

/** Written again: after a sync that failed, the system may call pages clean that never reached the disk. */
async function makeDurable(folder: string, { segment, offset }: Tail, bytes: Uint8Array): Promise<void> {
  const file = await openPlainFile(folder, segmentName(segment));
  try {
    await file.perform([
      { type: 'writeAt', offset, bytes },
      { type: 'truncate', length: offset + bytes.length },
    ]);
    await file.sync();
  } finally {
    await file.close();
  }
}

interface Sorted {
  readonly added: ReadonlyMap<Hex32, SegmentPlace>;
  /** Of blobs that lie elsewhere: they would outlive the destruction of those. */
  readonly copies: readonly SegmentPlace[];
}

function sort(
  entries: readonly FoundEntry[],
  segment: number,
  index: BlobIndex,
  lengths: ReadonlyMap<number, number>,
): Sorted {
  const added = new Map<Hex32, SegmentPlace>();
  const copies: SegmentPlace[] = [];
  for (const { id, offset, length } of entries) {
    if (id === undefined) continue;
    const place: SegmentPlace = { type: 'segment', segment, offset, length };
    const other = added.get(id) ?? index.find(id);
    const isElsewhere = other !== undefined && !isSame(other, place) && isWithin(other, lengths);
    if (isElsewhere) copies.push(place);
    else added.set(id, place);
  }
  return { added, copies };
}

function isSame(a: SegmentPlace | { readonly type: 'file' }, b: SegmentPlace): boolean {
  return a.type === 'segment' && a.segment === b.segment && a.offset === b.offset;
}

function isWithin(
  place: SegmentPlace | { readonly type: 'file' },
  lengths: ReadonlyMap<number, number>,
): boolean {
  if (place.type === 'file') return false;
  return place.offset + ENTRY_HEADER_BYTES + place.length <= (lengths.get(place.segment) ?? 0);
}
