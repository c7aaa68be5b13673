import { describe, expect, it } from 'vitest';
import {
  batchRootOf,
  type CustodyRequest,
  codeOf,
  decodeOwnRecords,
  decodeOwnRequest,
  decodeRelease,
  decodeReleased,
  decodeReleaseRequest,
  encodeOwnRecords,
  encodeOwnRequest,
  encodeRelease,
  encodeReleased,
  encodeReleaseRequest,
  fromHex,
  type Hex32,
  hashHex,
  isInBatch,
  isReleaseSigned,
  isRequestSigned,
  isShareOf,
  nobleGroup,
  pointsHashOf,
  RECORDS_PER_BATCH_MAX,
  RELEASE_BYTES_MAX,
  REQUEST_BYTES_MAX,
  type Release,
  type ReleasedRecord,
  recordIdOf,
  releaseInfo,
  type Signed,
  shareInfo,
  toHex,
  utf8,
  verifyEd25519,
} from '../../../src/index.ts';
import {
  AUTHOR,
  authoredPackage,
  GENESIS,
  OWN_REQUEST,
  ownRecords,
  PATIENT,
  RELEASE_REQUEST,
  RELEASER,
  refusedRelease,
  releasedRecords,
  sampleRelease,
} from '../../kit/packages.ts';

const named = (name: string): Hex32 => hashHex(utf8(name));
const KEY = AUTHOR.account.publicKey;

function codeOfCall(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return codeOf(error) ?? String(error);
  }
}

function isSigned(signed: Signed<CustodyRequest>, key = KEY, genesis = GENESIS): boolean {
  return isRequestSigned(verifyEd25519, genesis, key, signed);
}

describe('a request for shares', () => {
  const { request, signature } = RELEASE_REQUEST;

  it('is read as it was written', () => {
    expect(decodeReleaseRequest(encodeReleaseRequest(RELEASE_REQUEST))).toEqual(RELEASE_REQUEST);
  });

  it("is signed by the reader's account key, in this network", () => {
    expect(isSigned(RELEASE_REQUEST)).toBe(true);
    expect(isSigned(RELEASE_REQUEST, AUTHOR.validator.publicKey)).toBe(false);
    expect(isSigned(RELEASE_REQUEST, KEY, named('other network'))).toBe(false);
  });

  it('is signed in every field', () => {
    for (const change of [
      { patient: named('x') },
      { access: 8 },
      { reader: named('x') },
      { places: [0, 2] },
      { places: [0, 1, 255] },
      { nonce: '0'.repeat(32) },
    ])
      expect(isSigned({ request: { ...request, ...change }, signature })).toBe(false);
  });

  it('names 1 to 64 places of an access of at most 256, and stays within its bound', () => {
    const asked = (places: readonly number[]) => () =>
      encodeReleaseRequest({ request: { ...request, places }, signature });
    const most = Array.from({ length: RECORDS_PER_BATCH_MAX }, (_, at) => at + 192);
    expect(asked(most)().length).toBeLessThan(REQUEST_BYTES_MAX);
    for (const places of [[], [...most, 0], [256], [-1], [2, 0], [3, 3]])
      expect(codeOfCall(asked(places))).toBe('ENCODING_INVALID');
    const large = new Uint8Array(REQUEST_BYTES_MAX + 1);
    expect(codeOfCall(() => decodeReleaseRequest(large))).toBe('ENCODING_TOO_LARGE');
    expect(codeOfCall(() => decodeReleaseRequest(encodeOwnRequest(OWN_REQUEST)))).toBe('ENCODING_INVALID');
  });
});

describe('the request of a patient for own records', () => {
  const { request, signature } = OWN_REQUEST;

  it('is read as it was written, and signed in every field', () => {
    expect(decodeOwnRequest(encodeOwnRequest(OWN_REQUEST))).toEqual(OWN_REQUEST);
    expect(isSigned(OWN_REQUEST)).toBe(true);
    const records = request.records.slice(1);
    for (const change of [{ patient: named('x') }, { records }, { nonce: '0'.repeat(32) }])
      expect(isSigned({ request: { ...request, ...change }, signature })).toBe(false);
  });

  it('names 1 to 64 records, and stays within its bound', () => {
    const asked = (count: number) => () => {
      const records = Array.from({ length: count }, (_, at) => named(`record ${at}`));
      return encodeOwnRequest({ request: { ...request, records }, signature });
    };
    expect(asked(RECORDS_PER_BATCH_MAX)().length).toBeLessThan(REQUEST_BYTES_MAX);
    expect(codeOfCall(asked(RECORDS_PER_BATCH_MAX + 1))).toBe('ENCODING_INVALID');
    expect(codeOfCall(asked(0))).toBe('ENCODING_INVALID');
    expect(codeOfCall(() => decodeOwnRequest(encodeReleaseRequest(RELEASE_REQUEST)))).toBe(
      'ENCODING_INVALID',
    );
  });

  it('is answered by what opens them with the own key, or by what is closed', () => {
    const records = ownRecords();
    expect(decodeOwnRecords(encodeOwnRecords(records))).toEqual(records);
    expect(records.map(({ wrap }) => wrap === null)).toEqual([false, true, false]);
    expect(decodeOwnRecords(encodeOwnRecords([]))).toEqual([]);
  });
});

describe('a release', () => {
  const release = sampleRelease();
  const signed = (changed: Release, key = RELEASER.validator.publicKey, genesis = GENESIS): boolean =>
    isReleaseSigned(verifyEd25519, genesis, key, changed);

  it('is read as it was written, with and without an envelope', () => {
    for (const each of [release, refusedRelease()]) {
      expect(decodeRelease(encodeRelease(each))).toEqual(each);
      expect(signed(each)).toBe(true);
    }
  });

  it("is signed by the custodian's validator key, in this network", () => {
    expect(signed(release, RELEASER.account.publicKey)).toBe(false);
    expect(signed(release, AUTHOR.validator.publicKey)).toBe(false);
    expect(signed(release, RELEASER.validator.publicKey, named('other network'))).toBe(false);
  });

  it('is signed in every field', () => {
    const envelope = { enc: named('x'), sealed: (release.envelope as { sealed: Uint8Array }).sealed };
    for (const change of [
      { patient: named('x') },
      { access: 8 },
      { custodian: AUTHOR.id },
      { envelope },
      { envelope: { enc: (release.envelope as { enc: Hex32 }).enc, sealed: new Uint8Array(300) } },
      { envelope: null },
      { refusals: [] },
      { refusals: [{ place: 254, code: 'ACCESS_DENIED' as const }] },
      { refusals: [{ place: 255, code: 'ACCESS_REVOKED' as const }] },
    ])
      expect(signed({ ...release, ...change })).toBe(false);
  });

  it('refuses a place with a code of the table only', () => {
    const refusals = [{ place: 0, code: 'BECAUSE' as 'ACCESS_DENIED' }];
    expect(codeOfCall(() => encodeRelease({ ...release, refusals }))).toBe('ENCODING_INVALID');
  });

  it('has room for the largest envelope with all its refusals, and no more', () => {
    const sealed = new Uint8Array(RELEASE_BYTES_MAX);
    const refusals = Array.from({ length: RECORDS_PER_BATCH_MAX }, (_, place) => ({
      place: place + 192,
      code: 'CUSTODY_RECEIPTS_MISSING' as const,
    }));
    const largest = { ...release, envelope: { enc: named('enc'), sealed }, refusals };
    expect(decodeRelease(encodeRelease(largest)).refusals).toHaveLength(RECORDS_PER_BATCH_MAX);
    const larger = { enc: named('enc'), sealed: new Uint8Array(RELEASE_BYTES_MAX + 1) };
    expect(codeOfCall(() => encodeRelease({ ...release, envelope: larger }))).toBe('ENCODING_INVALID');
    expect(codeOfCall(() => decodeRelease(new Uint8Array(RELEASE_BYTES_MAX + 8193)))).toBe(
      'ENCODING_TOO_LARGE',
    );
  });
});

describe('what an envelope holds', () => {
  const records = releasedRecords();

  it('is read as it was written', () => {
    expect(decodeReleased(encodeReleased(records))).toEqual(records);
    expect(codeOfCall(() => decodeReleased(new Uint8Array(RELEASE_BYTES_MAX + 1)))).toBe(
      'ENCODING_TOO_LARGE',
    );
  });

  it('lets its reader check record, points and share down to the root on the ledger', () => {
    const { batch } = authoredPackage();
    for (const { record, salt, chunks, points, pointsSalt, proof, index, share } of records) {
      expect(
        recordIdOf(
          salt,
          chunks.map(({ id }) => id),
        ),
      ).toBe(record);
      const leaf = { commitment: record, pointsHash: pointsHashOf(pointsSalt, points) };
      expect(isInBatch(batch, leaf, proof)).toBe(true);
      expect(isShareOf(nobleGroup, points.map(fromHex), index, share)).toBe(true);
      expect(isShareOf(nobleGroup, points.map(fromHex), index + 1, share)).toBe(false);
    }
    const leaves = records.map(({ record, points, pointsSalt }) => ({
      commitment: record,
      pointsHash: pointsHashOf(pointsSalt, points),
    }));
    expect(batchRootOf(leaves)).toBe(batch);
  });

  it('of 64 records of 16 pieces, or one of 4 GB, stays within its bound', () => {
    const [one] = records as [ReleasedRecord];
    const chunk = { id: named('chunk'), bytes: 1_048_592 };
    const sized = (count: number, pieces: number): number => {
      const chunks = Array.from({ length: pieces }, () => chunk);
      return encodeReleased(Array.from({ length: count }, () => ({ ...one, chunks }))).length;
    };
    expect(sized(RECORDS_PER_BATCH_MAX, 16)).toBeLessThan(RELEASE_BYTES_MAX / 8);
    expect(sized(1, 4096)).toBeLessThan(RELEASE_BYTES_MAX / 8);
  });
});

describe('what an envelope is bound to', () => {
  it('differs for each patient, access, custodian and reader key', () => {
    const scope = { patient: PATIENT, access: 7, custodian: RELEASER.id, readerKey: named('reader') };
    const scopes = [
      scope,
      { ...scope, patient: named('x') },
      { ...scope, access: 8 },
      { ...scope, custodian: AUTHOR.id },
      { ...scope, readerKey: named('x') },
    ].map((each) => toHex(releaseInfo(each)));
    expect(new Set(scopes).size).toBe(scopes.length);
  });

  it('differs for each patient, author, batch, epoch, dealer and custodian', () => {
    const scope = {
      patient: PATIENT,
      author: AUTHOR.id,
      batch: named('batch'),
      epoch: 1,
      dealer: 0,
      custodian: RELEASER.id,
    };
    const scopes = [
      scope,
      { ...scope, patient: named('x') },
      { ...scope, author: named('x') },
      { ...scope, batch: named('x') },
      { ...scope, epoch: 2 },
      { ...scope, dealer: 1 },
      { ...scope, custodian: AUTHOR.id },
    ].map((each) => toHex(shareInfo(each)));
    expect(new Set(scopes).size).toBe(scopes.length);
  });
});
