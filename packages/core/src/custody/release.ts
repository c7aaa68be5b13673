// Owns: what a reader asks custodians for and what they answer: signed requests, releases sealed to the reader's key and
// signed by their custodian, and what a patient gets of the own records. Does not own: whether a share may leave (the
// ledger's access module), sealing.
import type { Hex32, Hex64 } from '../bytes.ts';
import {
  byteString,
  decode,
  encode,
  hex16,
  hex32,
  hex64,
  integer,
  list,
  nullable,
  oneOf,
  type Shape,
  struct,
} from '../codec.ts';
import type { SecretKey, Verify } from '../ed25519.ts';
import { ERRORS, type ErrorCode } from '../errors.ts';
import { sha256 } from '../hash.ts';
import { refined } from '../ledger/codes.ts';
import { epochShape } from '../ledger/record-rows.ts';
import { indexShape } from '../ledger/rows.ts';
import {
  ENCODED_RELEASE_BYTES_MAX,
  RECORDS_PER_ACCESS_MAX,
  RECORDS_PER_BATCH_MAX,
  RELEASE_BYTES_MAX,
  REQUEST_BYTES_MAX,
  VALIDATORS_MAX,
} from '../limits.ts';
import { type MerkleProof, merkleProofShape } from '../merkle.ts';
import { signPayload, verifyPayload } from '../signing.ts';
import { type Chunk, chunksShape, type SealedMessage, sealedMessageShape } from './package.ts';

/** Asks for shares of these places of one access. Signed by the reader, who is the access's. */
export interface ReleaseRequest {
  readonly type: 'release';
  readonly patient: Hex32;
  /** Index of the access in the patient's list. */
  readonly access: number;
  readonly reader: Hex32;
  /** Places among the access's items, ascending. */
  readonly places: readonly number[];
  /** 16 random bytes. */
  readonly nonce: string;
}

/** Asks for what opens these records with the patient's own key. Signed by the patient. */
export interface OwnRequest {
  readonly type: 'own';
  readonly patient: Hex32;
  readonly records: readonly Hex32[];
  readonly nonce: string;
}

/** No place twice, and one form for one request. */
function ascending(places: Shape<readonly number[]>): Shape<readonly number[]> {
  return refined(places, (values) =>
    values.every((value, at) => at === 0 || (values[at - 1] as number) < value),
  );
}

export type CustodyRequest = ReleaseRequest | OwnRequest;

export type Signed<T> = { readonly request: T; readonly signature: Hex64 };

const releaseRequestShape: Shape<ReleaseRequest> = struct<ReleaseRequest>({
  type: oneOf('release'),
  patient: hex32,
  access: indexShape,
  reader: hex32,
  places: ascending(list(integer(0, RECORDS_PER_ACCESS_MAX - 1), RECORDS_PER_BATCH_MAX, 1)),
  nonce: hex16,
});

const ownRequestShape: Shape<OwnRequest> = struct<OwnRequest>({
  type: oneOf('own'),
  patient: hex32,
  records: list(hex32, RECORDS_PER_BATCH_MAX, 1),
  nonce: hex16,
});

const SHAPES: { readonly [T in CustodyRequest['type']]: Shape<Extract<CustodyRequest, { type: T }>> } = {
  release: releaseRequestShape,
  own: ownRequestShape,
};

/** The bytes that a request's signature is made over, for signers that hold the key elsewhere. */
export function requestPayload(request: CustodyRequest): Uint8Array {
  return encode(SHAPES[request.type] as Shape<CustodyRequest>, request);
}

/** `secret`: the current key of the reader's, or the patient's, account. */
export function signRequest<T extends CustodyRequest>(
  secret: SecretKey,
  genesis: Hex32,
  request: T,
): Signed<T> {
  return { request, signature: signPayload(secret, 'custodyRequest', genesis, requestPayload(request)) };
}

export function isRequestSigned(
  verify: Verify,
  genesis: Hex32,
  key: Hex32,
  { request, signature }: Signed<CustodyRequest>,
): boolean {
  return verifyPayload(verify, key, signature, 'custodyRequest', genesis, requestPayload(request));
}

function signedShape<T extends CustodyRequest>(type: T['type']): Shape<Signed<T>> {
  return struct<Signed<T>>({ request: SHAPES[type] as unknown as Shape<T>, signature: hex64 });
}

export function encodeReleaseRequest(signed: Signed<ReleaseRequest>): Uint8Array {
  return encode(signedShape<ReleaseRequest>('release'), signed);
}

/** Throws `ENCODING_TOO_LARGE` or `ENCODING_INVALID`. The signature is not checked here. */
export function decodeReleaseRequest(bytes: Uint8Array): Signed<ReleaseRequest> {
  return decode(signedShape<ReleaseRequest>('release'), bytes, REQUEST_BYTES_MAX);
}

export function encodeOwnRequest(signed: Signed<OwnRequest>): Uint8Array {
  return encode(signedShape<OwnRequest>('own'), signed);
}

/** Throws `ENCODING_TOO_LARGE` or `ENCODING_INVALID`. The signature is not checked here. */
export function decodeOwnRequest(bytes: Uint8Array): Signed<OwnRequest> {
  return decode(signedShape<OwnRequest>('own'), bytes, REQUEST_BYTES_MAX);
}

/** What a custodian hands out of one record: its share, and all that the reader checks it against. */
export interface ReleasedRecord {
  readonly place: number;
  readonly record: Hex32;
  readonly epoch: number;
  /** Index of the custodian in that epoch. */
  readonly index: number;
  /** 32 bytes. */
  readonly share: Uint8Array;
  readonly points: readonly Hex32[];
  readonly pointsSalt: Hex32;
  /** That commitment and points stand under the batch's root of that epoch. */
  readonly proof: MerkleProof;
  readonly salt: Hex32;
  readonly chunks: readonly Chunk[];
}

const releasedRecordShape: Shape<ReleasedRecord> = struct<ReleasedRecord>({
  place: integer(0, RECORDS_PER_ACCESS_MAX - 1),
  record: hex32,
  epoch: epochShape,
  index: integer(1, VALIDATORS_MAX),
  share: byteString(32),
  points: list(hex32, VALIDATORS_MAX, 1),
  pointsSalt: hex32,
  proof: merkleProofShape,
  salt: hex32,
  chunks: chunksShape,
});

const releasedShape: Shape<readonly ReleasedRecord[]> = list(releasedRecordShape, RECORDS_PER_BATCH_MAX);

export function encodeReleased(records: readonly ReleasedRecord[]): Uint8Array {
  return encode(releasedShape, records);
}

/** Throws `ENCODING_TOO_LARGE` or `ENCODING_INVALID`. */
export function decodeReleased(bytes: Uint8Array): readonly ReleasedRecord[] {
  return decode(releasedShape, bytes, RELEASE_BYTES_MAX);
}

/** A place of which this custodian releases nothing, and why. */
export interface ReleaseRefusal {
  readonly place: number;
  readonly code: ErrorCode;
}

export interface Release {
  readonly patient: Hex32;
  readonly access: number;
  /** Account id of the custodian's institution. */
  readonly custodian: Hex32;
  /** `ReleasedRecord`s under the reader's key; null when every place is refused. */
  readonly envelope: SealedMessage | null;
  readonly refusals: readonly ReleaseRefusal[];
  /** By the custodian's validator key. */
  readonly signature: Hex64;
}

const errorCodeShape: Shape<ErrorCode> = oneOf(...(Object.keys(ERRORS) as ErrorCode[]));

const releaseFields = {
  patient: hex32,
  access: indexShape,
  custodian: hex32,
  envelope: nullable(struct<SealedMessage>({ enc: hex32, sealed: byteString(RELEASE_BYTES_MAX) })),
  refusals: list(
    struct<ReleaseRefusal>({ place: integer(0, RECORDS_PER_ACCESS_MAX - 1), code: errorCodeShape }),
    RECORDS_PER_BATCH_MAX,
  ),
} as const;

export type UnsignedRelease = Omit<Release, 'signature'>;

/** 32 bytes: what a custodian signs of a release. */
export function releasePayload(release: UnsignedRelease): Uint8Array {
  const { patient, access, custodian, envelope, refusals } = release;
  const plain = { patient, access, custodian, envelope, refusals };
  return sha256(encode(struct<UnsignedRelease>(releaseFields), plain));
}

export function signRelease(secret: SecretKey, genesis: Hex32, release: UnsignedRelease): Release {
  return { ...release, signature: signPayload(secret, 'custodyRelease', genesis, releasePayload(release)) };
}

export function isReleaseSigned(verify: Verify, genesis: Hex32, key: Hex32, release: Release): boolean {
  return verifyPayload(verify, key, release.signature, 'custodyRelease', genesis, releasePayload(release));
}

const releaseShape: Shape<Release> = struct<Release>({ ...releaseFields, signature: hex64 });

export function encodeRelease(release: Release): Uint8Array {
  return encode(releaseShape, release);
}

/** Throws `ENCODING_TOO_LARGE` or `ENCODING_INVALID`. The signature is not checked here. */
export function decodeRelease(bytes: Uint8Array): Release {
  return decode(releaseShape, bytes, ENCODED_RELEASE_BYTES_MAX);
}

interface EnvelopeScope {
  readonly patient: Hex32;
  readonly access: number;
  readonly custodian: Hex32;
  readonly readerKey: Hex32;
}

const envelopeScopeShape: Shape<EnvelopeScope> = struct<EnvelopeScope>({
  patient: hex32,
  access: indexShape,
  custodian: hex32,
  readerKey: hex32,
});

/** HPKE info of a release: it opens for this access, of this custodian, under this key only. */
export function releaseInfo(scope: EnvelopeScope): Uint8Array {
  return encode(envelopeScopeShape, scope);
}

interface ShareScope {
  /** Whose records they are, and the institution whose: in another's package the shares do not open. */
  readonly patient: Hex32;
  readonly author: Hex32;
  readonly batch: Hex32;
  readonly epoch: number;
  readonly dealer: number;
  readonly custodian: Hex32;
}

const shareScopeShape: Shape<ShareScope> = struct<ShareScope>({
  patient: hex32,
  author: hex32,
  batch: hex32,
  epoch: epochShape,
  dealer: integer(0, VALIDATORS_MAX),
  custodian: hex32,
});

/** HPKE info of a custodian's envelope in a dealing; each share's associated data is its record's commitment. */
export function shareInfo(scope: ShareScope): Uint8Array {
  return encode(shareScopeShape, scope);
}

/** What a patient opens an own record with. */
export interface OwnRecord {
  readonly record: Hex32;
  readonly salt: Hex32;
  readonly chunks: readonly Chunk[];
  /** Null where the law closes the record to the patient. */
  readonly wrap: SealedMessage | null;
}

const ownRecordsShape: Shape<readonly OwnRecord[]> = list(
  struct<OwnRecord>({ record: hex32, salt: hex32, chunks: chunksShape, wrap: nullable(sealedMessageShape) }),
  RECORDS_PER_BATCH_MAX,
);

export function encodeOwnRecords(records: readonly OwnRecord[]): Uint8Array {
  return encode(ownRecordsShape, records);
}

/** Throws `ENCODING_TOO_LARGE` or `ENCODING_INVALID`. */
export function decodeOwnRecords(bytes: Uint8Array): readonly OwnRecord[] {
  return decode(ownRecordsShape, bytes, RELEASE_BYTES_MAX);
}
