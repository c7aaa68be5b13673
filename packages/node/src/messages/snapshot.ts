// Owns: every message of the channel `snapshot`: what a newcomer asks for and what it is answered, its form and bound. One
// version byte leads each message; another version is refused. Does not own: what a receiver does (sync).
import {
  type Block,
  blockShape,
  byteString,
  type Certificate,
  ConsiliumError,
  certificateShape,
  concat,
  decode,
  type ErrorCode,
  encode,
  type Header,
  headerShape,
  integer,
  list,
  oneOf,
  type Shape,
  struct,
  variants,
} from '@consilium/core';
import {
  LIGHT_STEPS_BYTES_MAX,
  MESSAGE_BYTES_MAX,
  SNAPSHOT_BLOCKS_MAX,
  SNAPSHOT_CHUNK_BYTES_MAX,
  SNAPSHOT_HEADERS_MAX,
  SNAPSHOT_MANIFEST_BYTES_MAX,
  SNAPSHOT_PARTS_MAX,
  SNAPSHOTS_KEPT,
} from '../limits.ts';
import { resultListShape } from '../replica/chain.ts';

export const SNAPSHOT_WIRE_VERSION = 1;

/** Which snapshots are there? */
export interface OffersRequest {
  readonly type: 'offers-request';
  readonly requestId: number;
}

export interface OffersAnswer {
  readonly type: 'offers';
  readonly requestId: number;
  /** Encoded, the newest first. */
  readonly manifests: readonly Uint8Array[];
}

export interface ChunkRequest {
  readonly type: 'chunk-request';
  readonly requestId: number;
  /** Of the snapshot. */
  readonly height: number;
  /** Of the part. */
  readonly index: number;
}

export interface ChunkAnswer {
  readonly type: 'chunk';
  readonly requestId: number;
  readonly bytes: Uint8Array;
}

/** Light steps from a height on (0: genesis), as light clients get them. */
export interface StepsRequest {
  readonly type: 'steps-request';
  readonly requestId: number;
  readonly from: number;
}

export interface StepsAnswer {
  readonly type: 'steps';
  readonly requestId: number;
  /** Encoded. */
  readonly steps: Uint8Array;
}

interface Range {
  readonly requestId: number;
  readonly from: number;
  readonly count: number;
}

/** Headers of these heights, all of them. */
export interface HeadersRequest extends Range {
  readonly type: 'headers-request';
}

/** Blocks of these heights, with all that is kept of them. */
export interface WindowRequest extends Range {
  readonly type: 'window-request';
}

export interface HeadersAnswer {
  readonly type: 'headers';
  readonly requestId: number;
  readonly headers: readonly Header[];
}

/** A block with its certificate and the encoded results of its transactions. */
export interface WindowBlock {
  readonly block: Block;
  readonly certificate: Certificate;
  readonly results: readonly Uint8Array[];
}

/** The last ones of the range, as many as fit. */
export interface WindowAnswer {
  readonly type: 'window';
  readonly requestId: number;
  readonly blocks: readonly WindowBlock[];
}

export type SnapshotRefusalCode = Extract<ErrorCode, 'BLOCK_NOT_FOUND' | 'BLOCK_PRUNED' | 'SNAPSHOT_GONE'>;

export interface SnapshotRefusal {
  readonly type: 'refusal';
  readonly requestId: number;
  readonly code: SnapshotRefusalCode;
}

export type SnapshotRequest = OffersRequest | ChunkRequest | StepsRequest | HeadersRequest | WindowRequest;
export type SnapshotAnswer =
  | OffersAnswer
  | ChunkAnswer
  | StepsAnswer
  | HeadersAnswer
  | WindowAnswer
  | SnapshotRefusal;
export type SnapshotMessage = SnapshotRequest | SnapshotAnswer;

const requestId = integer(0, 0xffff_ffff);
const height = integer(1, Number.MAX_SAFE_INTEGER);

export const windowBlockShape: Shape<WindowBlock> = struct<WindowBlock>({
  block: blockShape,
  certificate: certificateShape,
  results: resultListShape,
});

const snapshotShape: Shape<SnapshotMessage> = variants<SnapshotMessage>({
  'offers-request': struct<OffersRequest>({ type: oneOf('offers-request'), requestId }),
  offers: struct<OffersAnswer>({
    type: oneOf('offers'),
    requestId,
    manifests: list(byteString(SNAPSHOT_MANIFEST_BYTES_MAX), SNAPSHOTS_KEPT),
  }),
  'chunk-request': struct<ChunkRequest>({
    type: oneOf('chunk-request'),
    requestId,
    height,
    index: integer(0, SNAPSHOT_PARTS_MAX - 1),
  }),
  chunk: struct<ChunkAnswer>({
    type: oneOf('chunk'),
    requestId,
    bytes: byteString(SNAPSHOT_CHUNK_BYTES_MAX),
  }),
  'steps-request': struct<StepsRequest>({
    type: oneOf('steps-request'),
    requestId,
    from: integer(0, Number.MAX_SAFE_INTEGER),
  }),
  steps: struct<StepsAnswer>({ type: oneOf('steps'), requestId, steps: byteString(LIGHT_STEPS_BYTES_MAX) }),
  'headers-request': struct<HeadersRequest>({
    type: oneOf('headers-request'),
    requestId,
    from: height,
    count: integer(1, SNAPSHOT_HEADERS_MAX),
  }),
  headers: struct<HeadersAnswer>({
    type: oneOf('headers'),
    requestId,
    headers: list(headerShape, SNAPSHOT_HEADERS_MAX, 1),
  }),
  'window-request': struct<WindowRequest>({
    type: oneOf('window-request'),
    requestId,
    from: height,
    count: integer(1, SNAPSHOT_BLOCKS_MAX),
  }),
  window: struct<WindowAnswer>({
    type: oneOf('window'),
    requestId,
    blocks: list(windowBlockShape, SNAPSHOT_BLOCKS_MAX, 1),
  }),
  refusal: struct<SnapshotRefusal>({
    type: oneOf('refusal'),
    requestId,
    code: oneOf<SnapshotRefusalCode>('BLOCK_NOT_FOUND', 'BLOCK_PRUNED', 'SNAPSHOT_GONE'),
  }),
});

export function encodeSnapshotMessage(message: SnapshotMessage): Uint8Array {
  return concat(Uint8Array.of(SNAPSHOT_WIRE_VERSION), encode(snapshotShape, message));
}

/** Throws `ENCODING_TOO_LARGE` or `ENCODING_INVALID`: both are the sender's fault. */
export function decodeSnapshotMessage(bytes: Uint8Array): SnapshotMessage {
  if (bytes[0] !== SNAPSHOT_WIRE_VERSION) throw new ConsiliumError('ENCODING_INVALID', { path: 'version' });
  return decode(snapshotShape, bytes.subarray(1), MESSAGE_BYTES_MAX);
}
