import { describe, expect, it } from 'vitest';
import {
  authoredFault,
  batchRootOf,
  type CustodyPackage,
  dealingFault,
  decodePackage,
  encodePackage,
  erasedPositions,
  isErased,
  leavesOf,
  livePositions,
  toHex,
  withoutRecords,
} from '../../../src/index.ts';
import { authoredPackage, CUSTODIANS, pointsOf, redealtPackage, THRESHOLD } from '../../kit/packages.ts';

const PACKAGES = [
  ['as its author made it', authoredPackage()],
  ['as custodians dealt it anew', redealtPackage()],
] as const;

function withoutSecond(whole: CustodyPackage): CustodyPackage {
  return withoutRecords(whole, new Set([1]), pointsOf(whole));
}

describe.each(PACKAGES)('a package %s, without its second record', (_, whole) => {
  const left = withoutSecond(whole);

  it('keeps its root', () => {
    const [before, after] = [pointsOf(whole), pointsOf(whole).with(1, [])];
    expect(batchRootOf(leavesOf(left.records, after))).toBe(batchRootOf(leavesOf(whole.records, before)));
  });

  it('holds no salt, chunk, point, share or wrap of it in its bytes, and everything of the others', () => {
    const hex = toHex(encodePackage(left));
    const parts = (position: number): readonly string[] => {
      const record = whole.records[position];
      return [
        ...[record?.salt, record?.pointsSalt, record?.wrap?.enc].filter((part) => part !== undefined),
        ...(record?.chunks ?? []).map(({ id }) => id),
        ...whole.dealings.flatMap(({ records }) => [
          ...(records[position]?.points ?? []),
          ...(records[position]?.shares ?? []).map(toHex),
        ]),
      ];
    };
    expect(parts(1).length).toBeGreaterThan(5);
    expect(parts(1).filter((part) => hex.includes(part))).toEqual([]);
    for (const position of [0, 2]) expect(parts(position).every((part) => hex.includes(part))).toBe(true);
  });

  it('is read again as it was written, and says which of its records is gone', () => {
    expect(decodePackage(encodePackage(left))).toEqual(left);
    expect([...erasedPositions(left)]).toEqual([1]);
    expect(livePositions(left)).toEqual([0, 2]);
    expect(left.records.map(isErased)).toEqual([false, true, false]);
  });

  it('is the same when the record is taken out once more', () => {
    expect(withoutRecords(left, new Set([1]), pointsOf(whole).with(1, []))).toEqual(left);
  });

  it('has dealings of the form that its custodians need only for who knows what is erased', () => {
    const form = { count: 3, custodians: CUSTODIANS.length, threshold: THRESHOLD };
    for (const dealing of left.dealings) {
      expect(dealingFault(dealing, { ...form, erased: new Set([1]) })).toBeUndefined();
      expect(dealingFault(dealing, form)).toBe('points');
      expect(dealingFault(dealing, { ...form, erased: new Set([0, 1]) })).toBe('points');
    }
  });
});

it('No author hands in a record that is erased already', () => {
  const left = withoutSecond(authoredPackage());
  expect(authoredFault(left, { custodians: CUSTODIANS.length, threshold: THRESHOLD })).toBe('points');
  const dealt = authoredPackage().dealings;
  const halfway = { ...left, dealings: dealt };
  expect(authoredFault(halfway, { custodians: CUSTODIANS.length, threshold: THRESHOLD })).toBe('commitment');
});
