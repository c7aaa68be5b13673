// Owns: what a package in the store is called, and what it says of its blobs. Does not own: the rows in which it stands
// (holding-rows.ts), its points and shares (package-view.ts).
import { type CustodyPackage, decodePackage, type Hex32, isConsiliumError } from '@consilium/core';

export function nameOf(batch: Hex32, epoch: number): string {
  return `${batch}/${epoch}`;
}

/** undefined: none, or a row that is damaged, which is as good as none. */
export function storedPackage(bytes: Uint8Array | undefined): CustodyPackage | undefined {
  try {
    return bytes === undefined ? undefined : decodePackage(bytes);
  } catch (error) {
    if (isConsiliumError(error)) return undefined;
    throw error;
  }
}

type Blobs = Pick<CustodyPackage, 'records'>;

/** Each id once, in the order of the records. */
export function blobIds({ records }: Blobs): readonly Hex32[] {
  return [...new Set(records.flatMap(({ chunks }) => chunks.map(({ id }) => id)))];
}

export function blobLengths({ records }: Blobs): ReadonlyMap<Hex32, number> {
  return new Map(records.flatMap(({ chunks }) => chunks.map(({ id, bytes }) => [id, bytes])));
}

export function blobBytes({ records }: Blobs): number {
  return records.flatMap(({ chunks }) => chunks).reduce((sum, { bytes }) => sum + bytes, 0);
}
