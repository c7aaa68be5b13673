// Owns: what the ledger's erasures mean for one package: which of its records are erased, and the package without them.
// Does not own: when that is written (holdings.ts, eraser.ts).
import {
  type CustodyPackage,
  type Dealing,
  encodePackage,
  type Group,
  type Hex32,
  isErased,
  RECORDS,
  readRow,
  type StateReader,
  toHex,
  withoutRecords,
} from '@consilium/core';
import { type PackageView, viewOf } from './package-view.ts';
import { storedPackage } from './stored-package.ts';

export function isErasedOnLedger(state: StateReader, record: Hex32): boolean {
  return (readRow(state, RECORDS, record)?.erasedHeight ?? null) !== null;
}

/** Positions of the records that the ledger holds for erased, whatever the package says. */
export function erasedOnLedger(
  state: StateReader,
  { records }: Pick<CustodyPackage, 'records'>,
): ReadonlySet<number> {
  const positions = [...records.keys()];
  return new Set(positions.filter((at) => isErasedOnLedger(state, records[at]?.commitment ?? '')));
}

/** Whether something is in it that the ledger holds for erased. */
export function holdsErased(state: StateReader, { records }: Pick<CustodyPackage, 'records'>): boolean {
  return records.some((record) => !isErased(record) && isErasedOnLedger(state, record.commitment));
}

/** The package without what is erased by now; the same one when nothing of it is. */
export function withoutErased(state: StateReader, view: PackageView): CustodyPackage {
  const { content } = view;
  if (!holdsErased(state, content)) return content;
  const points = view.points.map((each) => each.map(toHex));
  return withoutRecords(content, erasedOnLedger(state, content), points);
}

/**
 * The bytes of a stored package without what is erased by now; null: nothing of it can be kept, since it cannot be read
 * or its dealings do not combine.
 */
export function bytesWithoutErased(state: StateReader, group: Group, bytes: Uint8Array): Uint8Array | null {
  const content = storedPackage(bytes);
  if (content !== undefined && !holdsErased(state, content)) return bytes;
  const view = content === undefined ? undefined : viewOf(group, content);
  return view === undefined ? null : encodePackage(withoutErased(state, view));
}

/** Whether nothing is dealt of exactly these positions. */
export function leavesOut({ records }: Pick<Dealing, 'records'>, positions: ReadonlySet<number>): boolean {
  return records.every(({ points }, position) => (points.length === 0) === positions.has(position));
}
