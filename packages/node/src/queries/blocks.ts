// Owns: committed blocks as read from the store, with what is derived from one (ids, result codes, proofs) computed
// once. Does not own: what a result means (core's ledger), which header a client trusts.
import {
  type Block,
  type Certificate,
  ConsiliumError,
  codeOf,
  createMerkleProver,
  decode,
  decodeBlock,
  decodeTxResult,
  fromHex,
  type Hex32,
  headerId,
  type MerkleProof,
  OBJECT_BYTES_MAX,
  type SignedHeader,
  toHex,
} from '@consilium/core';
import { sha256Native } from '../crypto/sha256-native.ts';
import { heightKey, readOwnCertificate, resultListShape } from '../replica/chain.ts';
import { TABLES } from '../tables.ts';
import { once } from './once.ts';
import type { ChainReader } from './reader.ts';

export interface StoredBlock {
  readonly id: Hex32;
  readonly bytes: Uint8Array;
  readonly block: Block;
  readonly txIds: () => readonly Hex32[];
  /** Encoded results, in the order of the transactions. */
  readonly results: () => readonly Uint8Array[];
  /** Code of the result at the index; undefined when there is no such transaction. */
  readonly code: (index: number) => string | undefined;
  readonly proveTx: (index: number) => MerkleProof;
  readonly proveResult: (index: number) => MerkleProof;
}

/** Blocks by height; undefined above the reader's tip. Throws `BLOCK_PRUNED` {height, base} below its base. */
export type BlockSource = (reader: ChainReader, height: number) => StoredBlock | undefined;

/** The block at the height. Throws `STORE_DAMAGED` when what is stored cannot be that block. */
export const readBlock: BlockSource = (reader, height) => {
  if (height < 1 || height > reader.height) return undefined;
  refusePruned(reader, height);
  const bytes = reader.get(TABLES.blocks, heightKey(height));
  const results = reader.get(TABLES.results, heightKey(height));
  if (bytes === undefined || results === undefined) return undefined;
  return undamaged(height, () => toStoredBlock(bytes, results));
};

/** Remembers the last `countMax` blocks that were asked for. Committed blocks do not change. */
export function createBlockSource(countMax: number): BlockSource {
  const byHeight = new Map<number, StoredBlock>();
  return (reader, height) => {
    if (height > reader.height) return undefined;
    refusePruned(reader, height);
    const found = byHeight.get(height) ?? readBlock(reader, height);
    byHeight.delete(height);
    if (found === undefined) return undefined;
    byHeight.set(height, found);
    const [oldest] = byHeight.keys();
    if (byHeight.size > countMax && oldest !== undefined) byHeight.delete(oldest);
    return found;
  };
}

/** Throws `BLOCK_PRUNED` {height, base}. */
export function refusePruned({ base }: ChainReader, height: number): void {
  if (height >= 1 && height < base) throw new ConsiliumError('BLOCK_PRUNED', { height, base });
}

function toStoredBlock(bytes: Uint8Array, encodedResults: Uint8Array): StoredBlock {
  const block = decodeBlock(bytes);
  const txIds = once(() => block.txs.map((tx) => toHex(sha256Native(tx))));
  const results = once(() => decode(resultListShape, encodedResults, OBJECT_BYTES_MAX));
  const txProver = once(() => createMerkleProver(txIds().map(fromHex), sha256Native));
  const resultProver = once(() => createMerkleProver(results(), sha256Native));
  return {
    id: headerId(block.header),
    bytes,
    block,
    txIds,
    results,
    code: (index) => {
      const result = results()[index];
      return result === undefined ? undefined : decodeTxResult(result).code;
    },
    proveTx: (index) => txProver()(index),
    proveResult: (index) => resultProver()(index),
  };
}

/**
 * The commit certificate of the height: the one that the next block carries, else (for the tip) the node's own.
 * Undefined above the tip.
 */
export function certificateAt(
  reader: ChainReader,
  blocks: BlockSource,
  height: number,
): Certificate | undefined {
  const carried = blocks(reader, height + 1)?.block.lastCertificate;
  if (carried !== undefined && carried !== null) return carried;
  if (height > reader.height) return undefined;
  return undamaged(height, () => readOwnCertificate(reader, height));
}

/** The header of the height with its certificate. Throws `STORE_DAMAGED` when one is not the other's. */
export function signedHeaderAt(
  reader: ChainReader,
  blocks: BlockSource,
  height: number,
): SignedHeader | undefined {
  const stored = blocks(reader, height);
  const certificate = certificateAt(reader, blocks, height);
  if (stored === undefined || certificate === undefined) return undefined;
  if (certificate.blockId !== stored.id) throw damaged(height);
  return { header: stored.block.header, certificate };
}

export interface HeaderPage {
  readonly headers: readonly (SignedHeader & { readonly id: Hex32 })[];
  /** Where the next page starts; null at the tip. */
  readonly next: number | null;
}

/** Headers from a height upwards: at most `limit`, and no more blocks than `bytesMax` holds (but one at least). */
export function headerPage(
  reader: ChainReader,
  blocks: BlockSource,
  from: number,
  limit: number,
  bytesMax: number,
): HeaderPage {
  const headers: (SignedHeader & { readonly id: Hex32 })[] = [];
  let bytes = 0;
  let height = from;
  for (; headers.length < limit && bytes < bytesMax; height += 1) {
    const signed = signedHeaderAt(reader, blocks, height);
    const stored = blocks(reader, height);
    if (signed === undefined || stored === undefined) break;
    headers.push({ id: stored.id, ...signed });
    bytes += stored.bytes.length;
  }
  return { headers, next: height <= reader.height ? height : null };
}

/** Rows that this node wrote and that do not decode are damaged; a failing disk has a code of its own. */
function undamaged<T>(height: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const isForm = codeOf(error) === 'ENCODING_INVALID' || codeOf(error) === 'ENCODING_TOO_LARGE';
    throw isForm ? damaged(height) : error;
  }
}

function damaged(height: number): ConsiliumError {
  return new ConsiliumError('STORE_DAMAGED', { height });
}
