import { describe, expect, it } from 'vitest';
import {
  authoredFault,
  batchRootOf,
  type CustodyPackage,
  codeOf,
  type Dealing,
  type DealtRecord,
  dealingFault,
  decodePackage,
  encodePackage,
  fromHex,
  type Hex32,
  hashHex,
  isCommitted,
  isDealingSigned,
  leavesOf,
  nobleGroup,
  PACKAGE_BYTES_MAX,
  RECORDS_PER_BATCH_MAX,
  redealingRefusal,
  type SealedRecord,
  signDealing,
  utf8,
  verifyEd25519,
} from '../../../src/index.ts';
import {
  AUTHOR,
  authoredPackage,
  CUSTODIANS,
  DEALERS,
  encsOf,
  GENESIS,
  pointsOf,
  redealtPackage,
  sealedRecord,
  THRESHOLD,
} from '../../kit/packages.ts';
import type { Hospital } from '../../kit/sample-chain.ts';

const named = (name: string): Hex32 => hashHex(utf8(name));
const EXPECTED = { custodians: CUSTODIANS.length, threshold: THRESHOLD };
const whole = authoredPackage();
const [authored] = whole.dealings as [Dealing];
const redealt = redealtPackage();

function codeOfDecoding(bytes: Uint8Array): string | undefined {
  try {
    decodePackage(bytes);
    return undefined;
  } catch (error) {
    return codeOf(error) ?? String(error);
  }
}

function isSigned(custodyPackage: CustodyPackage, dealing: Dealing, key: Hex32, genesis = GENESIS): boolean {
  return isDealingSigned(verifyEd25519, genesis, key, custodyPackage, dealing);
}

describe('a custody package', () => {
  it('is read as it was written, by an author and after re-sharing', () => {
    for (const custodyPackage of [whole, redealt]) {
      const bytes = encodePackage(custodyPackage);
      expect(decodePackage(bytes)).toEqual(custodyPackage);
      expect(encodePackage(decodePackage(bytes))).toEqual(bytes);
    }
  });

  it('is refused in another version, without records or dealings, and over its bounds', () => {
    const changed =
      (changes: object): unknown =>
      () =>
        encodePackage({ ...whole, ...changes });
    for (const changes of [
      { version: 2 },
      { records: [] },
      { dealings: [] },
      { records: Array.from({ length: RECORDS_PER_BATCH_MAX + 1 }, () => whole.records[0]) },
      { epoch: -1 },
      { genesis: GENESIS },
    ])
      expect(changed(changes)).toThrow(/canonical/);
    expect(codeOfDecoding(new Uint8Array(PACKAGE_BYTES_MAX + 1))).toBe('ENCODING_TOO_LARGE');
    expect(codeOfDecoding(encodePackage(whole).subarray(1))).toBe('ENCODING_INVALID');
  });

  it('of 64 records of 16 pieces for 16 custodians after re-sharing stays within half its bound', () => {
    const [custodians, threshold] = [16, 6];
    const records = Array.from({ length: RECORDS_PER_BATCH_MAX }, (_, at) =>
      sealedRecord(`record ${at}`, 16),
    );
    const point = named('point');
    const dealt: DealtRecord = {
      points: Array.from({ length: threshold }, () => point),
      shares: Array.from({ length: custodians }, () => new Uint8Array(48)),
    };
    const dealings = Array.from({ length: threshold }, (_, at): Dealing => {
      const encs = Array.from({ length: custodians }, () => point);
      const of64 = records.map(() => dealt);
      const dealers = Array.from({ length: threshold }, (_each, place) => place + 1);
      return { dealer: at + 1, from: 0, dealers, encs, records: of64, signature: '00'.repeat(64) };
    });
    const bytes = encodePackage({ ...whole, records, dealings });
    expect(bytes.length).toBeLessThan(PACKAGE_BYTES_MAX / 2);
    expect(decodePackage(bytes).dealings).toHaveLength(threshold);
  });
});

describe('the dealing of an author', () => {
  const key = AUTHOR.account.publicKey;

  it("is signed by the sender's account key, in this network", () => {
    expect(isSigned(whole, authored, key)).toBe(true);
    expect(isSigned(whole, authored, AUTHOR.validator.publicKey)).toBe(false);
    expect(isSigned(whole, authored, key, named('other network'))).toBe(false);
  });

  it('vouches for every field of its package', () => {
    const [one, ...rest] = whole.records as [SealedRecord, ...SealedRecord[]];
    const changes: Partial<CustodyPackage>[] = [
      { batch: named('x') },
      { epoch: 1 },
      { patient: named('x') },
      { author: named('x') },
      { sender: named('x') },
      { records: rest },
      { records: [...rest, one] },
      { records: [{ ...one, commitment: named('x') }, ...rest] },
      { records: [{ ...one, salt: named('x') }, ...rest] },
      { records: [{ ...one, chunks: [{ id: named('x'), bytes: 512 }] }, ...rest] },
      { records: [{ ...one, chunks: one.chunks.map((chunk) => ({ ...chunk, bytes: 9 })) }, ...rest] },
      { records: [{ ...one, pointsSalt: named('x') }, ...rest] },
      { records: [{ ...one, wrap: null }, ...rest] },
    ];
    for (const change of changes) expect(isSigned({ ...whole, ...change }, authored, key)).toBe(false);
  });

  it('vouches for every field of itself', () => {
    for (const change of changesOf(authored))
      expect(isSigned(whole, { ...authored, ...change }, key)).toBe(false);
  });
});

/** Each field of a dealing, changed. */
function changesOf(dealing: Dealing): readonly Partial<Dealing>[] {
  const [one, ...rest] = dealing.records as [DealtRecord, ...DealtRecord[]];
  const [share, ...shares] = one.shares as [Uint8Array, ...Uint8Array[]];
  const [point, ...points] = one.points as [Hex32, ...Hex32[]];
  return [
    { dealer: dealing.dealer + 1 },
    { from: 9 },
    { dealers: [1, 2] },
    { encs: encsOf('somebody else') },
    { records: [...rest, one] },
    { records: [{ ...one, points: [...points, point] }, ...rest] },
    { records: [{ ...one, shares: [...shares, share] }, ...rest] },
  ];
}

describe('the dealing of a custodian', () => {
  it('is signed by its validator key', () => {
    for (const [place, dealer] of DEALERS.entries()) {
      const { account, validator } = CUSTODIANS[dealer - 1] as Hospital;
      const dealing = redealt.dealings[place] as Dealing;
      expect(isSigned(redealt, dealing, validator.publicKey)).toBe(true);
      expect(isSigned(redealt, dealing, account.publicKey)).toBe(false);
    }
  });

  it('vouches for its batch, its epoch and itself, and not for what others brought', () => {
    const [dealing] = redealt.dealings as [Dealing];
    const key = (CUSTODIANS[0] as Hospital).validator.publicKey;
    for (const change of changesOf(dealing))
      expect(isSigned(redealt, { ...dealing, ...change }, key)).toBe(false);
    expect(isSigned({ ...redealt, batch: named('x') }, dealing, key)).toBe(false);
    expect(isSigned({ ...redealt, epoch: 2 }, dealing, key)).toBe(false);
    expect(isSigned({ ...redealt, sender: named('x') }, dealing, key)).toBe(true);
  });

  it('never passes for one of an author, nor the other way round', () => {
    const content = { ...redealt, records: whole.records };
    const asAuthor = signDealing(AUTHOR.account, GENESIS, content, { ...authored, dealer: 0 });
    expect(isSigned(content, { ...asAuthor, dealer: 1 }, AUTHOR.account.publicKey)).toBe(false);
    const asDealer = signDealing(AUTHOR.account, GENESIS, content, { ...authored, dealer: 1 });
    expect(isSigned(content, { ...asDealer, dealer: 0 }, AUTHOR.account.publicKey)).toBe(false);
  });

  it('has the old share as its secret, so that the new points begin with the old ones', () => {
    const [before, after] = [pointsOf(whole), pointsOf(redealt)];
    expect(after.map((points) => points[0])).toEqual(before.map((points) => points[0]));
    expect(after.map((points) => points[1])).not.toEqual(before.map((points) => points[1]));
    for (const { dealer, records } of redealt.dealings)
      for (const [at, { points }] of records.entries()) {
        const old = (before[at] as readonly Hex32[]).map(fromHex);
        expect(redealingRefusal(nobleGroup, old, dealer, points.map(fromHex), THRESHOLD)).toBeUndefined();
      }
    expect(batchRootOf(leavesOf(redealt.records, after))).not.toBe(whole.batch);
  });
});

describe('what a package says against itself', () => {
  const fault = (changes: Partial<CustodyPackage>): string | undefined =>
    authoredFault({ ...whole, ...changes }, EXPECTED);
  const dealing = (changes: Partial<Dealing>): Partial<CustodyPackage> => ({
    dealings: [{ ...authored, ...changes }],
  });
  const [one, ...rest] = authored.records as [DealtRecord, ...DealtRecord[]];
  const [share, ...shares] = one.shares as [Uint8Array, ...Uint8Array[]];

  it('is nothing when its author made it rightly', () => {
    expect(fault({})).toBeUndefined();
  });

  it('is found in who deals: the author, once, for nobody before', () => {
    expect(fault({ dealings: [] })).toBe('dealer');
    expect(fault({ dealings: [authored, authored] })).toBe('dealer');
    expect(fault(dealing({ dealer: 1 }))).toBe('dealer');
    expect(authoredFault(redealt, EXPECTED)).toBe('dealer');
    expect(fault(dealing({ from: 0 }))).toBe('dealers');
    expect(fault(dealing({ dealers: [1] }))).toBe('dealers');
  });

  it('is found in the number of its records, envelopes, points and shares, and in the size of a share', () => {
    expect(fault(dealing({ records: rest }))).toBe('records');
    expect(fault({ records: whole.records.slice(1) })).toBe('records');
    expect(fault(dealing({ encs: authored.encs.slice(1) }))).toBe('envelopes');
    expect(fault(dealing({ records: [{ ...one, points: one.points.slice(1) }, ...rest] }))).toBe('points');
    expect(fault(dealing({ records: [{ ...one, points: [...one.points, named('x')] }, ...rest] }))).toBe(
      'points',
    );
    expect(fault(dealing({ records: [{ ...one, shares }, ...rest] }))).toBe('shares');
    const short = [share.subarray(1), ...shares];
    expect(fault(dealing({ records: [{ ...one, shares: short }, ...rest] }))).toBe('shares');
    expect(authoredFault(whole, { ...EXPECTED, custodians: 5 })).toBe('envelopes');
    expect(authoredFault(whole, { ...EXPECTED, threshold: 3 })).toBe('points');
  });

  it('is found in a commitment that is not of its salt and chunks', () => {
    const [record, ...others] = whole.records as [SealedRecord, ...SealedRecord[]];
    expect(isCommitted(record)).toBe(true);
    for (const change of [
      { salt: named('x') },
      { commitment: named('x') },
      { chunks: [...record.chunks, ...record.chunks] },
    ]) {
      expect(isCommitted({ ...record, ...change })).toBe(false);
      expect(fault({ records: [{ ...record, ...change }, ...others] })).toBe('commitment');
    }
  });

  it('is found in a batch that is not the root of its records and points', () => {
    const [record, ...others] = whole.records as [SealedRecord, ...SealedRecord[]];
    expect(fault({ batch: named('x') })).toBe('batch');
    expect(fault({ records: [{ ...record, pointsSalt: named('x') }, ...others] })).toBe('batch');
    const swapped = [...one.points].reverse();
    expect(fault(dealing({ records: [{ ...one, points: swapped }, ...rest] }))).toBe('batch');
  });

  it('of a later dealing is found by its form alone', () => {
    const [first] = redealt.dealings as [Dealing];
    const expected = { ...EXPECTED, count: 3 };
    expect(dealingFault(first, expected)).toBeUndefined();
    expect(dealingFault(first, { ...expected, count: 2 })).toBe('records');
    expect(dealingFault(first, { ...expected, custodians: 3 })).toBe('envelopes');
    expect(dealingFault(first, { ...expected, threshold: 1 })).toBe('points');
  });
});
