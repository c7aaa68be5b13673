// Owns: the names of segment files, and overwriting entries in one. Does not own: which entries (segments.ts, recover.ts).
import { type Operation, openPlainFile } from '../files/plain-file.ts';
import type { SegmentPlace } from './location.ts';
import { ENTRY_HEADER_BYTES, ENTRY_ID_OFFSET } from './segment-entry.ts';

const NAME = /^(\d{8})\.segment$/;

export function segmentName(number: number): string {
  return `${number.toString().padStart(8, '0')}.segment`;
}

/** undefined for a file that is no segment. */
export function segmentNumberOf(name: string): number | undefined {
  const digits = NAME.exec(name)?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 10);
}

/** Zeros over id and bytes of entries of one segment that is there; durable when the promise is fulfilled. */
export async function overwriteEntries(
  folder: string,
  segment: number,
  places: readonly SegmentPlace[],
): Promise<void> {
  const operations = places.map(
    ({ offset, length }): Operation => ({
      type: 'writeAt',
      offset: offset + ENTRY_ID_OFFSET,
      bytes: new Uint8Array(ENTRY_HEADER_BYTES - ENTRY_ID_OFFSET + length),
    }),
  );
  const file = await openPlainFile(folder, segmentName(segment));
  try {
    await file.perform(operations);
    await file.sync();
  } finally {
    await file.close();
  }
}
