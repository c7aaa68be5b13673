// Owns: every message that custodians exchange, its form and bound. One version byte leads each message; another version
// is refused. Does not own: what a receiver does (custody), the forms inside the byte strings (core's custody).
import {
  BLOB_BYTES_MAX,
  byteString,
  ConsiliumError,
  concat,
  decode,
  ENCODED_RELEASE_BYTES_MAX,
  ERRORS,
  type ErrorCode,
  encode,
  epochShape,
  flag,
  type Hex32,
  type Hex64,
  hex32,
  hex64,
  integer,
  list,
  nullable,
  oneOf,
  PACKAGE_BYTES_MAX,
  REQUEST_BYTES_MAX,
  type Shape,
  struct,
  VALIDATORS_MAX,
  variants,
} from '@consilium/core';
import {
  BLOBS_PER_REQUEST_MAX,
  DEALING_BYTES_MAX,
  LIGHT_STEPS_BYTES_MAX,
  MESSAGE_BYTES_MAX,
} from '../limits.ts';
import { REQUEST_ID_MAX } from './request-ids.ts';

export const CUSTODY_WIRE_VERSION = 1;

/** A package by whoever took it from its author. */
export interface PackageMessage {
  readonly type: 'package';
  readonly bytes: Uint8Array;
  /** Whether the sender collects receipts. */
  readonly wantReceipt: boolean;
}

export interface PackageRequest {
  readonly type: 'package-request';
  readonly requestId: number;
  readonly batch: Hex32;
  readonly epoch: number;
}

export interface PackageAnswer {
  readonly type: 'package-answer';
  readonly requestId: number;
  /** null: not here. */
  readonly bytes: Uint8Array | null;
}

export interface BlobsRequest {
  readonly type: 'blobs-request';
  readonly requestId: number;
  readonly ids: readonly Hex32[];
}

export interface BlobsAnswer {
  readonly type: 'blobs-answer';
  readonly requestId: number;
  /** In the order of the ids, as many from the front as fit in one answer; null: not here. */
  readonly blobs: readonly (Uint8Array | null)[];
}

export interface ReceiptMessage {
  readonly type: 'receipt';
  readonly batch: Hex32;
  readonly epoch: number;
  readonly root: Hex32;
  /** Of the signing custodian in that epoch. */
  readonly index: number;
  readonly signature: Hex64;
}

export interface ReceiptRefusal {
  readonly type: 'receipt-refusal';
  readonly batch: Hex32;
  readonly epoch: number;
  readonly code: ErrorCode;
}

export interface ReleaseRequestMessage {
  readonly type: 'release-request';
  readonly requestId: number;
  /** Encoded `Signed<ReleaseRequest>`. */
  readonly bytes: Uint8Array;
}

export interface ReleaseAnswer {
  readonly type: 'release-answer';
  readonly requestId: number;
  /** Encoded `Release`. */
  readonly bytes: Uint8Array;
}

/** The answer to any request that is refused as a whole. */
export interface RefusalMessage {
  readonly type: 'refusal';
  readonly requestId: number;
  readonly code: ErrorCode;
}

/** Asks how far a validator is. `height`: of the asker's last block. */
export interface HeightsRequest {
  readonly type: 'heights-request';
  readonly requestId: number;
  readonly height: number;
}

export interface HeightsAnswer {
  readonly type: 'heights-answer';
  readonly requestId: number;
  readonly height: number;
  /** Encoded light steps from the asker's height to this one; none when it is no higher. */
  readonly steps: Uint8Array;
}

/** Shares of a batch, dealt again by one custodian of the epoch before to the custodians of `epoch`. */
export interface DealingMessage {
  readonly type: 'dealing';
  readonly batch: Hex32;
  readonly epoch: number;
  /** Encoded `Dealing`. */
  readonly bytes: Uint8Array;
}

/** Asks the receiver for its dealing of shares of epoch `from` to the custodians of `epoch`. */
export interface DealingRequest {
  readonly type: 'dealing-request';
  readonly batch: Hex32;
  readonly epoch: number;
  readonly from: number;
}

export type CustodyMessage =
  | PackageMessage
  | PackageRequest
  | PackageAnswer
  | BlobsRequest
  | BlobsAnswer
  | ReceiptMessage
  | ReceiptRefusal
  | ReleaseRequestMessage
  | ReleaseAnswer
  | RefusalMessage
  | HeightsRequest
  | HeightsAnswer
  | DealingMessage
  | DealingRequest;

const requestId = integer(0, REQUEST_ID_MAX);
const height = integer(0, Number.MAX_SAFE_INTEGER);
const packageBytes = byteString(PACKAGE_BYTES_MAX);
const code: Shape<ErrorCode> = oneOf(...(Object.keys(ERRORS) as ErrorCode[]));
const place = { batch: hex32, epoch: epochShape };

export const custodyShape: Shape<CustodyMessage> = variants<CustodyMessage>({
  package: struct<PackageMessage>({ type: oneOf('package'), bytes: packageBytes, wantReceipt: flag }),
  'package-request': struct<PackageRequest>({ type: oneOf('package-request'), requestId, ...place }),
  'package-answer': struct<PackageAnswer>({
    type: oneOf('package-answer'),
    requestId,
    bytes: nullable(packageBytes),
  }),
  'blobs-request': struct<BlobsRequest>({
    type: oneOf('blobs-request'),
    requestId,
    ids: list(hex32, BLOBS_PER_REQUEST_MAX, 1),
  }),
  'blobs-answer': struct<BlobsAnswer>({
    type: oneOf('blobs-answer'),
    requestId,
    blobs: list(nullable(byteString(BLOB_BYTES_MAX)), BLOBS_PER_REQUEST_MAX),
  }),
  receipt: struct<ReceiptMessage>({
    type: oneOf('receipt'),
    ...place,
    root: hex32,
    index: integer(1, VALIDATORS_MAX),
    signature: hex64,
  }),
  'receipt-refusal': struct<ReceiptRefusal>({ type: oneOf('receipt-refusal'), ...place, code }),
  'release-request': struct<ReleaseRequestMessage>({
    type: oneOf('release-request'),
    requestId,
    bytes: byteString(REQUEST_BYTES_MAX),
  }),
  'release-answer': struct<ReleaseAnswer>({
    type: oneOf('release-answer'),
    requestId,
    bytes: byteString(ENCODED_RELEASE_BYTES_MAX),
  }),
  refusal: struct<RefusalMessage>({ type: oneOf('refusal'), requestId, code }),
  'heights-request': struct<HeightsRequest>({ type: oneOf('heights-request'), requestId, height }),
  'heights-answer': struct<HeightsAnswer>({
    type: oneOf('heights-answer'),
    requestId,
    height,
    steps: byteString(LIGHT_STEPS_BYTES_MAX),
  }),
  dealing: struct<DealingMessage>({
    type: oneOf('dealing'),
    ...place,
    bytes: byteString(DEALING_BYTES_MAX),
  }),
  'dealing-request': struct<DealingRequest>({ type: oneOf('dealing-request'), ...place, from: epochShape }),
});

export function encodeCustodyMessage(message: CustodyMessage): Uint8Array {
  return concat(Uint8Array.of(CUSTODY_WIRE_VERSION), encode(custodyShape, message));
}

/** Throws `ENCODING_TOO_LARGE` or `ENCODING_INVALID`: both are the sender's fault. */
export function decodeCustodyMessage(bytes: Uint8Array): CustodyMessage {
  if (bytes[0] !== CUSTODY_WIRE_VERSION) throw new ConsiliumError('ENCODING_INVALID', { path: 'version' });
  return decode(custodyShape, bytes.subarray(1), MESSAGE_BYTES_MAX);
}
