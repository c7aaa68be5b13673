// Owns: what a node and its signer say to each other: each frame is canonical CBOR of one of these. Does not own: the socket,
// or what is signed (signing/).
import {
  byteString,
  decode,
  ERRORS,
  type ErrorCode,
  encode,
  flag,
  type Hex32,
  type Hex64,
  hex32,
  hex64,
  integer,
  oneOf,
  type Shape,
  struct,
  variants,
} from '@consilium/core';
import type { StatementDomain } from '../custody/types.ts';
import { SIGNER_FRAME_BYTES_MAX, SIGNER_PAYLOAD_BYTES_MAX } from '../limits.ts';
import type { SignedKind, SigningRecord } from '../signing/record.ts';
import type { RecordStatus } from '../signing/record-file.ts';

export const SIGNER_PROTOCOL_VERSION = 1;

/** The first word of a node. */
export interface Hello {
  readonly type: 'hello';
  readonly version: number;
  readonly genesis: Hex32;
  readonly validator: Hex32;
}

export interface Sign {
  readonly type: 'sign';
  readonly id: number;
  readonly kind: SignedKind;
  readonly height: number;
  readonly round: number;
  readonly payload: Uint8Array;
}

/** Votes and proposals are no statements: they go by the record. */
export interface Statement {
  readonly type: 'statement';
  readonly id: number;
  readonly domain: StatementDomain;
  readonly payload: Uint8Array;
}

/** Somebody else signs with this key: the record is to be marked. */
export interface Distrust {
  readonly type: 'distrust';
  readonly id: number;
}

export interface Ping {
  readonly type: 'ping';
}

export type SignerRequest = Hello | Sign | Statement | Distrust | Ping;

/** The answer to hello: whose key it is, and what it has signed. */
export interface Welcome extends SigningRecord {
  readonly type: 'welcome';
  readonly version: number;
  readonly publicKey: Hex32;
  readonly status: RecordStatus;
}

export interface Signed {
  readonly type: 'signed';
  readonly id: number;
  readonly signature: Hex64;
}

export interface Refused {
  readonly type: 'refused';
  readonly id: number;
  readonly code: ErrorCode;
}

export interface Marked {
  readonly type: 'marked';
  readonly id: number;
}

/** The last word to a node that is not served. */
export interface Farewell {
  readonly type: 'farewell';
  readonly code: ErrorCode;
}

export interface Pong {
  readonly type: 'pong';
}

export type SignerAnswer = Welcome | Signed | Refused | Marked | Farewell | Pong;

const count = integer(0, Number.MAX_SAFE_INTEGER);
const kind = oneOf('proposal', 'prevote', 'precommit');
const payload = byteString(SIGNER_PAYLOAD_BYTES_MAX);
const code: Shape<ErrorCode> = oneOf(...(Object.keys(ERRORS) as ErrorCode[]));

const requestShape: Shape<SignerRequest> = variants<SignerRequest>({
  hello: struct<Hello>({ type: oneOf('hello'), version: count, genesis: hex32, validator: hex32 }),
  sign: struct<Sign>({ type: oneOf('sign'), id: count, kind, height: count, round: count, payload }),
  statement: struct<Statement>({
    type: oneOf('statement'),
    id: count,
    domain: oneOf('custodyReceipt', 'custodyRelease', 'custodyDealing'),
    payload,
  }),
  distrust: struct<Distrust>({ type: oneOf('distrust'), id: count }),
  ping: struct<Ping>({ type: oneOf('ping') }),
});

const answerShape: Shape<SignerAnswer> = variants<SignerAnswer>({
  welcome: struct<Welcome>({
    type: oneOf('welcome'),
    version: count,
    publicKey: hex32,
    status: oneOf('whole', 'missing', 'damaged', 'imported'),
    height: count,
    round: count,
    kind,
    hash: hex32,
    signature: hex64,
    doubted: flag,
  }),
  signed: struct<Signed>({ type: oneOf('signed'), id: count, signature: hex64 }),
  refused: struct<Refused>({ type: oneOf('refused'), id: count, code }),
  marked: struct<Marked>({ type: oneOf('marked'), id: count }),
  farewell: struct<Farewell>({ type: oneOf('farewell'), code }),
  pong: struct<Pong>({ type: oneOf('pong') }),
});

export function encodeRequest(request: SignerRequest): Uint8Array {
  return encode(requestShape, request);
}

export function encodeAnswer(answer: SignerAnswer): Uint8Array {
  return encode(answerShape, answer);
}

/** Throws `ENCODING_INVALID`, `ENCODING_TOO_LARGE`. */
export function decodeRequest(bytes: Uint8Array): SignerRequest {
  return decode(requestShape, bytes, SIGNER_FRAME_BYTES_MAX);
}

/** Throws as `decodeRequest`. */
export function decodeAnswer(bytes: Uint8Array): SignerAnswer {
  return decode(answerShape, bytes, SIGNER_FRAME_BYTES_MAX);
}
