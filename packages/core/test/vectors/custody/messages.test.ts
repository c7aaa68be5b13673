import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  authoredFault,
  decodeOwnRecords,
  decodeOwnRequest,
  decodePackage,
  decodeRelease,
  decodeReleased,
  decodeReleaseRequest,
  encodeOwnRecords,
  encodeOwnRequest,
  encodePackage,
  encodeRelease,
  encodeReleased,
  encodeReleaseRequest,
  fromHex,
  type Hex32,
  isConsiliumError,
  isInBatch,
  type MerkleProof,
  nextPointsSalt,
  type ReceiptStatement,
  recordIdOf,
  releaseInfo,
  shareInfo,
  toHex,
  tryReadCbor,
  verifyEd25519,
  verifyReceipt,
} from '../../../src/index.ts';

interface Coded {
  readonly value: unknown;
  readonly bytes: string;
}

interface Signed {
  readonly key: string;
  readonly payload: string;
  readonly signed: string;
}

interface CommitmentVector {
  readonly salt: Hex32;
  readonly chunks: readonly Hex32[];
  readonly commitment: Hex32;
  readonly pointsSalt: Hex32;
  readonly points: readonly Hex32[];
  readonly pointsHash: Hex32;
  readonly nextPointsSalt: Hex32;
  readonly nextPoints: readonly Hex32[];
  readonly nextPointsHash: Hex32;
}

interface BatchVector {
  readonly root: Hex32;
  readonly records: readonly {
    readonly commitment: Hex32;
    readonly pointsHash: Hex32;
    readonly leaf: string;
    readonly proof: MerkleProof;
  }[];
}

interface Vectors {
  readonly genesis: Hex32;
  readonly commitments: readonly CommitmentVector[];
  readonly batches: readonly BatchVector[];
  readonly receipts: readonly (Signed & { readonly value: ReceiptStatement; readonly signature: string })[];
  readonly packages: readonly (Coded & { readonly name: string; readonly fault: string | null })[];
  readonly dealings: readonly (Signed & { readonly signature: string })[];
  readonly requests: readonly (Signed & Coded & { readonly object: string })[];
  readonly releases: readonly (Signed & Coded)[];
  readonly released: readonly Coded[];
  readonly ownRecords: readonly Coded[];
  readonly infos: readonly { readonly object: string; readonly value: never; readonly bytes: string }[];
  readonly refused: readonly { readonly object: string; readonly reason: string; readonly bytes: string }[];
}

const vectors = JSON.parse(readFileSync(new URL('messages.json', import.meta.url), 'utf8')) as Vectors;

interface Codec {
  readonly decode: (bytes: Uint8Array) => unknown;
  readonly encode: (value: never) => Uint8Array;
}

const CODECS = {
  package: { decode: decodePackage, encode: encodePackage },
  release: { decode: decodeRelease, encode: encodeRelease },
  released: { decode: decodeReleased, encode: encodeReleased },
  releaseRequest: { decode: decodeReleaseRequest, encode: encodeReleaseRequest },
  ownRequest: { decode: decodeOwnRequest, encode: encodeOwnRequest },
  ownRecords: { decode: decodeOwnRecords, encode: encodeOwnRecords },
} as const satisfies Readonly<Record<string, Codec>>;

const codecOf = (object: string): Codec => CODECS[object as keyof typeof CODECS];

function sha256(hex: string): string {
  return createHash('sha256').update(hex, 'hex').digest('hex');
}

function tagOf(name: string): string {
  return Buffer.from(name).toString('hex').padEnd(64, '0');
}

/** SHA-256 over the padded tag and the bytes, by another engine. */
function tagged(name: string, hex: string): string {
  return sha256(tagOf(`consilium/${name}/v1`) + hex);
}

function roundTrips({ decode, encode }: Codec, { value, bytes }: Coded): void {
  const decoded = decode(fromHex(bytes));
  expect(readable(decoded)).toEqual(value);
  expect(toHex(encode(decoded as never))).toBe(bytes);
}

function readable(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $hex: toHex(value) };
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, readable(entry)]));
}

function isSigned(domain: string, { key, payload, signed }: Signed, signature: string): boolean {
  expect(signed).toBe(tagOf(`consilium/${domain}/v1`) + vectors.genesis + payload);
  return verifyEd25519(key, signature, fromHex(signed));
}

describe('the published vectors of sealed records', () => {
  it('hold ids, hashes of points and salts, before re-sharing and after', () => {
    for (const vector of vectors.commitments) {
      const { salt, chunks, commitment, pointsSalt, points, pointsHash } = vector;
      expect(tagged('record', salt + sha256(chunks.join('')))).toBe(commitment);
      expect(recordIdOf(salt, chunks)).toBe(commitment);
      expect(tagged('points', pointsSalt + points.join(''))).toBe(pointsHash);
      expect(tagged('points-salt', `${pointsSalt}0000000000000001`)).toBe(vector.nextPointsSalt);
      expect(toHex(nextPointsSalt(pointsSalt, 1))).toBe(vector.nextPointsSalt);
      expect(tagged('points', vector.nextPointsSalt + vector.nextPoints.join(''))).toBe(
        vector.nextPointsHash,
      );
      expect(vector.nextPoints[0]).toBe(points[0]);
    }
  });

  it('hold batches, their leaves, roots and proofs', () => {
    for (const { root, records } of vectors.batches)
      for (const { commitment, pointsHash, leaf, proof } of records) {
        expect(tagged('custody-leaf', commitment + pointsHash)).toBe(leaf);
        expect(isInBatch(root, { commitment, pointsHash }, proof)).toBe(true);
      }
  });

  it('hold receipts with what is signed', () => {
    for (const vector of vectors.receipts) {
      const { key, value, signature, payload } = vector;
      expect(readable(tryReadCbor(fromHex(payload)))).toEqual({
        ...value,
        patient: { $hex: value.patient },
        author: { $hex: value.author },
        batch: { $hex: value.batch },
        root: { $hex: value.root },
      });
      expect(isSigned('custody-receipt', vector, signature)).toBe(true);
      expect(verifyReceipt(verifyEd25519, vectors.genesis, key, value, signature)).toBe(true);
    }
  });

  it.each(vectors.packages)('hold a package: $name, fault $fault', (vector) => {
    roundTrips(CODECS.package, vector);
    const fault = authoredFault(decodePackage(fromHex(vector.bytes)), { custodians: 4, threshold: 2 });
    expect(fault ?? null).toBe(vector.fault);
  });

  it('hold dealings with what is signed', () => {
    for (const vector of vectors.dealings)
      expect(isSigned('custody-dealing', vector, vector.signature)).toBe(true);
    expect(vectors.dealings).toHaveLength(3);
  });

  it('hold requests and releases with what is signed', () => {
    for (const vector of vectors.requests) {
      roundTrips(codecOf(vector.object), vector);
      const { signature } = vector.value as { readonly signature: string };
      expect(isSigned('custody-request', vector, signature)).toBe(true);
    }
    for (const vector of vectors.releases) {
      roundTrips(CODECS.release, vector);
      const { signature } = vector.value as { readonly signature: string };
      expect(isSigned('custody-release', vector, signature)).toBe(true);
    }
  });

  it('hold what an envelope of a release holds, and what a patient gets of own records', () => {
    for (const vector of vectors.released) roundTrips(CODECS.released, vector);
    for (const vector of vectors.ownRecords) roundTrips(CODECS.ownRecords, vector);
  });

  it('hold what envelopes are bound to', () => {
    for (const { object, value, bytes } of vectors.infos)
      expect(toHex(object === 'release' ? releaseInfo(value) : shareInfo(value))).toBe(bytes);
  });

  it.each(vectors.refused)('refuse a $object: $reason', ({ object, bytes }) => {
    let error: unknown;
    try {
      codecOf(object).decode(fromHex(bytes));
    } catch (thrown) {
      error = thrown;
    }
    expect(isConsiliumError(error, 'ENCODING_INVALID')).toBe(true);
  });
});
