// Owns: what is left of an erased record in a custody package: its leaf, by which the root of its batch stays whole, and
// nothing of which anything could be opened or shown. Does not own: who may erase (the ledger), destroying what lies on a
// disk (the daemon).
import type { Hex32 } from '../bytes.ts';
import { pointsHashOf } from './commitments.ts';
import type { CustodyPackage, DealtRecord, SealedRecord } from './package.ts';

const NO_SALT_OF_RECORD: Hex32 = '00'.repeat(32);
const NOTHING_DEALT: DealtRecord = { points: [], shares: [] };

export function isErased({ chunks }: Pick<SealedRecord, 'chunks'>): boolean {
  return chunks.length === 0;
}

/** Positions of the records that are erased in this package. */
export function erasedPositions({ records }: Pick<CustodyPackage, 'records'>): ReadonlySet<number> {
  return new Set([...records.keys()].filter((position) => records[position]?.chunks.length === 0));
}

/** Positions of the records that are not, ascending. */
export function livePositions({ records }: Pick<CustodyPackage, 'records'>): readonly number[] {
  const erased = erasedPositions({ records });
  return [...records.keys()].filter((position) => !erased.has(position));
}

/**
 * The package without salt, points, shares, wrap and chunk ids of these records; its root is the same. Signatures of its
 * dealings verify no longer. `points`: of each record, combined over all dealings.
 */
export function withoutRecords(
  content: CustodyPackage,
  positions: ReadonlySet<number>,
  points: readonly (readonly Hex32[])[],
): CustodyPackage {
  const records = content.records.map((record, position): SealedRecord => {
    if (!positions.has(position) || isErased(record)) return record;
    const { commitment, pointsSalt } = record;
    const hash = pointsHashOf(pointsSalt, points[position] ?? []);
    return { commitment, salt: NO_SALT_OF_RECORD, chunks: [], pointsSalt: hash, wrap: null };
  });
  const dealings = content.dealings.map((dealing) => ({
    ...dealing,
    records: dealing.records.map((dealt, position) => (positions.has(position) ? NOTHING_DEALT : dealt)),
  }));
  return { ...content, records, dealings };
}
