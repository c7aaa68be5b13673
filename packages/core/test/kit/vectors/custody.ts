// Owns: the published vectors of sealed records: commitments, receipts, packages, requests and releases; what is signed,
// and what of each is refused.
import {
  authoredFault,
  batchProver,
  batchRootOf,
  type CustodyPackage,
  type Dealing,
  type Domain,
  dealingPayload,
  encodeOwnRecords,
  encodeOwnRequest,
  encodePackage,
  encodeRelease,
  encodeReleased,
  encodeReleaseRequest,
  hashHex,
  leavesOf,
  nextPointsSalt,
  type PlainValue,
  type ReceiptStatement,
  receiptPayload,
  recordLeaf,
  releaseInfo,
  releasePayload,
  shareInfo,
  signedBytes,
  signReceipt,
  toHex,
  tryReadCbor,
  utf8,
  writeCbor,
} from '../../../src/index.ts';
import {
  AUTHOR,
  authoredPackage,
  CUSTODIANS,
  GENESIS,
  OWN_REQUEST,
  ownRecords,
  PATIENT,
  pointsOf,
  RELEASE_REQUEST,
  RELEASER,
  redealtPackage,
  refusedRelease,
  releasedRecords,
  sampleRelease,
  THRESHOLD,
} from '../packages.ts';
import type { Hospital } from '../sample-chain.ts';

export function custodyVectors(): Readonly<Record<string, unknown>> {
  return {
    description:
      'Sealed records (docs/proofs.md, section Records). value is the object: ids, keys, points, salts and signatures as ' +
      'hex, though they are byte strings in bytes; {"$hex": h} is a byte string that has no other form. signed: the bytes ' +
      'that the signature covers, under key. fault: what a package says against itself, for 4 custodians and threshold 2; ' +
      'null when nothing. refused: bytes that are no canonical encoding of the named object.',
    genesis: GENESIS,
    commitments: commitments(),
    batches: [authoredPackage(), redealtPackage()].map(batchVector),
    receipts: receipts(),
    packages: packages(),
    dealings: [authoredPackage(), redealtPackage()].flatMap(dealingVectors),
    requests: [
      signed(
        'custodyRequest',
        AUTHOR.account.publicKey,
        requestPayload(encodeReleaseRequest(RELEASE_REQUEST)),
        {
          object: 'releaseRequest',
          value: RELEASE_REQUEST,
          bytes: toHex(encodeReleaseRequest(RELEASE_REQUEST)),
        },
      ),
      signed('custodyRequest', AUTHOR.account.publicKey, requestPayload(encodeOwnRequest(OWN_REQUEST)), {
        object: 'ownRequest',
        value: OWN_REQUEST,
        bytes: toHex(encodeOwnRequest(OWN_REQUEST)),
      }),
    ],
    releases: [sampleRelease(), refusedRelease()].map((value) =>
      signed('custodyRelease', RELEASER.validator.publicKey, releasePayload(value), {
        value: readable(value),
        bytes: toHex(encodeRelease(value)),
      }),
    ),
    released: [{ value: readable(releasedRecords()), bytes: toHex(encodeReleased(releasedRecords())) }],
    ownRecords: [{ value: readable(ownRecords()), bytes: toHex(encodeOwnRecords(ownRecords())) }],
    infos: infos(),
    refused: refused(),
  };
}

function signed(
  domain: Domain,
  key: string,
  payload: Uint8Array,
  rest: Readonly<Record<string, unknown>>,
): unknown {
  return { ...rest, key, payload: toHex(payload), signed: toHex(signedBytes(domain, GENESIS, payload)) };
}

function commitments(): unknown[] {
  const [before, after] = [authoredPackage(), redealtPackage()];
  const points = [before, after].map(pointsOf);
  return before.records.map(({ commitment, salt, chunks, pointsSalt }, at) => ({
    salt,
    chunks: chunks.map(({ id }) => id),
    commitment,
    pointsSalt,
    points: points[0]?.[at],
    pointsHash: leavesOf(before.records, points[0] ?? [])[at]?.pointsHash,
    nextPointsSalt: toHex(nextPointsSalt(pointsSalt, 1)),
    nextPoints: points[1]?.[at],
    nextPointsHash: leavesOf(after.records, points[1] ?? [])[at]?.pointsHash,
  }));
}

function batchVector(custodyPackage: CustodyPackage): unknown {
  const leaves = leavesOf(custodyPackage.records, pointsOf(custodyPackage));
  const prove = batchProver(leaves);
  return {
    epoch: custodyPackage.epoch,
    batch: custodyPackage.batch,
    root: rootOf(custodyPackage),
    records: leaves.map((leaf, at) => ({ ...leaf, leaf: toHex(recordLeaf(leaf)), proof: prove(at) })),
  };
}

function rootOf(custodyPackage: CustodyPackage): string {
  return batchRootOf(leavesOf(custodyPackage.records, pointsOf(custodyPackage)));
}

function receipts(): unknown[] {
  const { patient, author, batch } = authoredPackage();
  const { validator } = CUSTODIANS[2] as Hospital;
  const statements: readonly ReceiptStatement[] = [
    { patient, author, batch, epoch: 0, root: batch, count: 3 },
    { patient, author, batch, epoch: 1, root: rootOf(redealtPackage()), count: 3 },
  ];
  return statements.map((value) =>
    signed('custodyReceipt', validator.publicKey, receiptPayload(value), {
      index: 3,
      value,
      signature: signReceipt(validator, GENESIS, value),
    }),
  );
}

function packages(): unknown[] {
  const whole = authoredPackage();
  const [dealing] = whole.dealings as [Dealing];
  const [first, ...rest] = whole.records as [CustodyPackage['records'][0], ...CustodyPackage['records']];
  const other = hashHex(utf8('other'));
  const cases: readonly [string, CustodyPackage][] = [
    ['by its author', whole],
    ['after re-sharing: no package of an author', redealtPackage()],
    ['dealt twice', { ...whole, dealings: [dealing, dealing] }],
    ['dealt from an epoch', { ...whole, dealings: [{ ...dealing, from: 0 }] }],
    ['one record not dealt', { ...whole, dealings: [{ ...dealing, records: dealing.records.slice(1) }] }],
    ['an envelope too few', { ...whole, dealings: [{ ...dealing, encs: dealing.encs.slice(1) }] }],
    ['another salt', { ...whole, records: [{ ...first, salt: other }, ...rest] }],
    ['another salt of points', { ...whole, records: [{ ...first, pointsSalt: other }, ...rest] }],
    ['another batch', { ...whole, batch: other }],
  ];
  return cases.map(([name, value]) => ({
    name,
    value: readable(value),
    bytes: toHex(encodePackage(value)),
    fault: authoredFault(value, { custodians: CUSTODIANS.length, threshold: THRESHOLD }) ?? null,
  }));
}

function dealingVectors(custodyPackage: CustodyPackage): unknown[] {
  const { epoch, dealings } = custodyPackage;
  return dealings.map((dealing) => {
    const { dealer, signature } = dealing;
    const key = dealer === 0 ? AUTHOR.account : (CUSTODIANS[dealer - 1] as Hospital).validator;
    return signed('custodyDealing', key.publicKey, dealingPayload(custodyPackage, dealing), {
      ...{ epoch, dealer, signature },
    });
  });
}

/** The request alone is what is signed; it stands in the signed object in the same bytes. */
function requestPayload(bytes: Uint8Array): Uint8Array {
  return writeCbor((tryReadCbor(bytes) as { readonly request: PlainValue }).request);
}

function infos(): unknown[] {
  const release = { patient: PATIENT, access: 7, custodian: RELEASER.id, readerKey: hashHex(utf8('reader')) };
  const { patient, author, batch } = authoredPackage();
  const share = { patient, author, batch, epoch: 1, dealer: 3, custodian: RELEASER.id };
  return [
    { object: 'release', value: release, bytes: toHex(releaseInfo(release)) },
    { object: 'share', value: share, bytes: toHex(shareInfo(share)) },
  ];
}

function refused(): unknown[] {
  const custodyPackage = encodePackage(authoredPackage());
  const release = encodeRelease(sampleRelease());
  const request = encodeReleaseRequest(RELEASE_REQUEST);
  const item = (object: string, reason: string, bytes: Uint8Array, change: Fields): unknown => {
    const fields = { ...(tryReadCbor(bytes) as Fields), ...change };
    return { object, reason, bytes: toHex(writeCbor(fields)) };
  };
  return [
    item('package', 'another version', custodyPackage, { version: 2 }),
    item('package', 'no records', custodyPackage, { records: [] }),
    item('package', 'no dealings', custodyPackage, { dealings: [] }),
    item('package', 'an unknown field', custodyPackage, { genesis: null }),
    item('package', 'a patient of 31 bytes', custodyPackage, { patient: new Uint8Array(31) }),
    { object: 'package', reason: 'a byte follows', bytes: `${toHex(custodyPackage)}00` },
    item('release', 'an envelope that is no message', release, { envelope: new Uint8Array(80) }),
    item('release', 'an unknown code', release, { refusals: [{ place: 0, code: 'BECAUSE' }] }),
    item('release', 'a place past an access', release, { refusals: [{ place: 256, code: 'ACCESS_DENIED' }] }),
    item('releaseRequest', 'a signature of 63 bytes', request, { signature: new Uint8Array(63) }),
    {
      object: 'releaseRequest',
      reason: 'a request for own records',
      bytes: toHex(encodeOwnRequest(OWN_REQUEST)),
    },
    { object: 'ownRequest', reason: 'a request for shares', bytes: toHex(request) },
  ];
}

type Fields = Readonly<Record<string, PlainValue>>;

/** JSON has no byte strings. */
function readable(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $hex: toHex(value) };
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, readable(entry)]));
}
