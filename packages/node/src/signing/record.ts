// Owns: what the signing record says and its order, and its bytes in one slot of the file. Does not own: the file
// (record-file.ts), or when to sign (signer.ts, guard.ts).
import {
  ConsiliumError,
  concat,
  decode,
  domainTag,
  encode,
  equalBytes,
  flag,
  type Hex32,
  type Hex64,
  hashHex,
  hex32,
  hex64,
  integer,
  oneOf,
  type Shape,
  sha256,
  signedBytes,
  struct,
  ZERO_HASH,
} from '@consilium/core';
import { SIGNING_SLOT_BYTES } from '../limits.ts';

/** Kinds of signed messages of agreement, in their order within a round. */
export type SignedKind = 'proposal' | 'prevote' | 'precommit';

export interface SigningPosition {
  readonly height: number;
  readonly round: number;
  readonly kind: SignedKind;
}

/** The highest message signed. Before the first one: height 0, which is below every message. */
export interface SigningRecord extends SigningPosition {
  /** SHA-256 of the signed bytes. */
  readonly hash: Hex32;
  readonly signature: Hex64;
  /** In doubt since it was imported or a stranger's own signature was seen: the node observes first. */
  readonly doubted: boolean;
}

/** Whose record it is: a record of another network or validator is as good as none. */
export interface RecordOwner {
  readonly genesis: Hex32;
  /** Account id of the institution; it stays while keys rotate. */
  readonly validator: Hex32;
}

const FORMAT_VERSION = 1;
const CHECKSUM_BYTES = 32;
const LENGTH_BYTES = 2;
const RANK: Readonly<Record<SignedKind, number>> = { proposal: 0, prevote: 1, precommit: 2 };

export const EMPTY_RECORD: SigningRecord = {
  height: 0,
  round: 0,
  kind: 'proposal',
  hash: ZERO_HASH,
  signature: '0'.repeat(128),
  doubted: false,
};

/** Negative, zero or positive: height, then round, then proposal < prevote < precommit. */
export function comparePositions(a: SigningPosition, b: SigningPosition): number {
  return a.height - b.height || a.round - b.round || RANK[a.kind] - RANK[b.kind];
}

/** The bytes that a signature of this kind covers. */
export function bytesToSign(kind: SignedKind, genesis: Hex32, payload: Uint8Array): Uint8Array {
  return signedBytes(kind === 'proposal' ? 'proposal' : 'vote', genesis, payload);
}

/** What the record keeps of a message. */
export function signedHash(kind: SignedKind, genesis: Hex32, payload: Uint8Array): Hex32 {
  return hashHex(bytesToSign(kind, genesis, payload));
}

interface SlotContent extends SigningRecord, RecordOwner {
  readonly version: number;
  readonly sequence: number;
}

export interface Slot {
  /** The slot with the higher number is the newer one. */
  readonly sequence: number;
  readonly record: SigningRecord;
}

const recordFields = {
  height: integer(0, Number.MAX_SAFE_INTEGER),
  round: integer(0, Number.MAX_SAFE_INTEGER),
  kind: oneOf('proposal', 'prevote', 'precommit'),
  hash: hex32,
  signature: hex64,
  doubted: flag,
} as const;

export const recordShape: Shape<SigningRecord> = struct<SigningRecord>(recordFields);

const slotShape: Shape<SlotContent> = struct<SlotContent>({
  ...recordFields,
  genesis: hex32,
  validator: hex32,
  version: integer(FORMAT_VERSION, FORMAT_VERSION),
  sequence: integer(0, Number.MAX_SAFE_INTEGER),
});

function checksum(slot: Uint8Array): Uint8Array {
  return sha256(concat(domainTag('consilium/signing-record/v1'), slot.subarray(0, -CHECKSUM_BYTES)));
}

/** length u16 | canonical CBOR | zeros | SHA-256(tag || all before): one slot of the file. */
export function encodeSlot(slot: Slot, owner: RecordOwner): Uint8Array {
  const { genesis, validator } = owner;
  const content = { ...slot.record, genesis, validator, version: FORMAT_VERSION, sequence: slot.sequence };
  const encoded = encode(slotShape, content);
  const bytes = new Uint8Array(SIGNING_SLOT_BYTES);
  new DataView(bytes.buffer).setUint16(0, encoded.length);
  bytes.set(encoded, LENGTH_BYTES);
  bytes.set(checksum(bytes), SIGNING_SLOT_BYTES - CHECKSUM_BYTES);
  return bytes;
}

/** undefined when the slot is torn, damaged, or another network's or validator's. */
export function decodeSlot(bytes: Uint8Array, owner: RecordOwner): Slot | undefined {
  if (bytes.length !== SIGNING_SLOT_BYTES) return undefined;
  if (!equalBytes(bytes.subarray(-CHECKSUM_BYTES), checksum(bytes))) return undefined;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint16(0);
  const content = tryDecode(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length));
  if (content?.genesis !== owner.genesis || content.validator !== owner.validator) return undefined;
  const { genesis, validator, version, sequence, ...record } = content;
  return { sequence, record };
}

function tryDecode(bytes: Uint8Array): SlotContent | undefined {
  try {
    return decode(slotShape, bytes, SIGNING_SLOT_BYTES);
  } catch (error) {
    if (error instanceof ConsiliumError) return undefined;
    throw error;
  }
}
