// Owns: headers and blocks as data, and the ids that link them. Does not own: whether a block is valid (ledger/).
import type { Hex32 } from './bytes.ts';
import { decode, encode, hex32, integer, list, nullable, type Shape, struct } from './codec.ts';
import { type Evidence, evidenceListShape } from './evidence.ts';
import { taggedHash, ZERO_HASH } from './hash.ts';
import { BLOCK_TXS_MAX, OBJECT_BYTES_MAX, PROTOCOL_VERSION_LIMIT } from './limits.ts';
import { txBytesShape } from './tx.ts';
import { type Certificate, certificateShape, heightShape } from './vote.ts';

/** The version of the protocol under which every network begins. */
export const PROTOCOL_VERSION_FIRST = 1;
/** The newest version whose rules this software knows. Which one is in force, the ledger says (ledger/upgrades.ts). */
export const PROTOCOL_VERSION_MAX = 1;

/** The round is not in the header: the block id must survive being proposed again in a later round. */
export interface Header {
  /** Of the protocol: by whose rules the block was made. The form of headers and blocks is the same in all of them. */
  readonly version: number;
  readonly genesis: Hex32;
  readonly height: number;
  /** Milliseconds since the epoch; greater than the parent's. */
  readonly time: number;
  /** Id of the block below; at height 1 the genesis hash. */
  readonly parent: Hex32;
  /** The validator that built the value. */
  readonly author: Hex32;
  /** RFC 6962 root over the transaction ids. */
  readonly txRoot: Hex32;
  /** RFC 6962 root over the encoded results, in the order of the transactions. */
  readonly resultRoot: Hex32;
  /** Root of the state tree after this block. */
  readonly stateRoot: Hex32;
  /** Hash of the set that decides this height. */
  readonly validatorsHash: Hex32;
  /** Hash of the set that decides the next height. */
  readonly nextValidatorsHash: Hex32;
  /** Hash of the parent's commit certificate as carried in this block; zeros at height 1. */
  readonly lastCertificateHash: Hex32;
  readonly evidenceRoot: Hex32;
}

export interface Block {
  readonly header: Header;
  /** Commit certificate of the parent; null at height 1. From here on the one certificate of that height. */
  readonly lastCertificate: Certificate | null;
  readonly evidence: readonly Evidence[];
  /** Transactions as sent. */
  readonly txs: readonly Uint8Array[];
}

export const headerShape: Shape<Header> = struct<Header>({
  version: integer(PROTOCOL_VERSION_FIRST, PROTOCOL_VERSION_LIMIT),
  genesis: hex32,
  height: heightShape,
  time: integer(0, Number.MAX_SAFE_INTEGER),
  parent: hex32,
  author: hex32,
  txRoot: hex32,
  resultRoot: hex32,
  stateRoot: hex32,
  validatorsHash: hex32,
  nextValidatorsHash: hex32,
  lastCertificateHash: hex32,
  evidenceRoot: hex32,
});

export const blockShape: Shape<Block> = struct<Block>({
  header: headerShape,
  lastCertificate: nullable(certificateShape),
  evidence: evidenceListShape,
  txs: list(txBytesShape, BLOCK_TXS_MAX),
});

export function headerId(header: Header): Hex32 {
  return taggedHash('consilium/block/v1', encode(headerShape, header));
}

export function certificateHash(certificate: Certificate | null): Hex32 {
  return certificate === null
    ? ZERO_HASH
    : taggedHash('consilium/certificate/v1', encode(certificateShape, certificate));
}

export function encodeBlock(block: Block): Uint8Array {
  return encode(blockShape, block);
}

/** Throws `ENCODING_TOO_LARGE` or `ENCODING_INVALID`. */
export function decodeBlock(bytes: Uint8Array): Block {
  return decode(blockShape, bytes, OBJECT_BYTES_MAX);
}
