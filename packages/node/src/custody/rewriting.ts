// Owns: what becomes of all packages of a batch when records are taken out of them: rows, and which blobs they named before
// and name after. Does not own: writing it (holdings.ts), what is taken out (erased-records.ts).
import type { Hex32 } from '@consilium/core';
import type { KvWrite } from '../ports.ts';
import { asideRow, packageRow } from './holding-rows.ts';
import { blobIds, blobLengths, storedPackage } from './stored-package.ts';

export interface HeldPackages {
  package(batch: Hex32, epoch: number): Uint8Array | undefined;
  aside(batch: Hex32, epoch: number): readonly Uint8Array[];
}

export interface Rewriting {
  readonly batch: Hex32;
  /** So many from the first. */
  readonly epochs: number;
  /** null: it goes. */
  readonly without: (bytes: Uint8Array) => Uint8Array | null;
}

export interface Rewritten {
  /** Of packages that change. */
  readonly rows: readonly KvWrite[];
  /** Of the blobs that they named before. */
  readonly lengths: ReadonlyMap<Hex32, number>;
  /** What they name now. */
  readonly named: ReadonlySet<Hex32>;
}

export function rewritePackages(held: HeldPackages, { batch, epochs, without }: Rewriting): Rewritten {
  const rows: KvWrite[] = [];
  const lengths = new Map<Hex32, number>();
  const named = new Set<Hex32>();
  const changed = (bytes: Uint8Array): Uint8Array | null => {
    const before = storedPackage(bytes);
    for (const [id, length] of before === undefined ? [] : blobLengths(before)) lengths.set(id, length);
    const after = without(bytes);
    const kept = after === null ? undefined : storedPackage(after);
    for (const id of kept === undefined ? [] : blobIds(kept)) named.add(id);
    return after;
  };
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    const present = held.package(batch, epoch);
    const kept = present === undefined ? undefined : changed(present);
    if (kept !== undefined && kept !== present) rows.push(packageRow(batch, epoch, kept));
    const aside = held.aside(batch, epoch);
    const keptAside = aside.map(changed);
    if (keptAside.some((bytes, at) => bytes !== aside[at]))
      rows.push(
        asideRow(
          batch,
          epoch,
          keptAside.filter((bytes) => bytes !== null),
        ),
      );
  }
  return { rows, lengths, named };
}
