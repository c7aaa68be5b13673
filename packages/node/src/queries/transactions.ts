// Owns: finding a committed transaction by its id, and the proof that it stands in its block with its result.
import {
  type Certificate,
  ConsiliumError,
  equalBytes,
  fromHex,
  type Header,
  type Hex32,
  type MerkleProof,
  sha256,
} from '@consilium/core';
import { TABLES } from '../tables.ts';
import { type BlockSource, signedHeaderAt } from './blocks.ts';
import type { ChainReader } from './reader.ts';

/** Where a transaction stands in the chain. */
export interface TxPlace {
  readonly height: number;
  readonly index: number;
}

export interface CommittedTx extends TxPlace {
  /** Code of its result. */
  readonly code: string;
}

export interface TxProof {
  readonly tx: Uint8Array;
  readonly header: Header;
  readonly certificate: Certificate;
  readonly txProof: MerkleProof;
  /** Encoded. */
  readonly result: Uint8Array;
  readonly resultProof: MerkleProof;
}

const PLACE_BYTES = 12;

/** Undefined when no block of this snapshot holds the transaction. */
export function findTx(reader: ChainReader, id: Hex32): TxPlace | undefined {
  const place = reader.get(TABLES.transactions, fromHex(id));
  if (place === undefined) return undefined;
  if (place.length !== PLACE_BYTES) throw new ConsiliumError('STORE_DAMAGED', {});
  const view = new DataView(place.buffer, place.byteOffset, place.byteLength);
  return { height: Number(view.getBigUint64(0)), index: view.getUint32(8) };
}

export function committedTx(reader: ChainReader, blocks: BlockSource, id: Hex32): CommittedTx | undefined {
  const place = findTx(reader, id);
  if (place === undefined) return undefined;
  const code = blocks(reader, place.height)?.code(place.index);
  if (code === undefined) throw new ConsiliumError('STORE_DAMAGED', { height: place.height });
  return { ...place, code };
}

/** Throws `STORE_DAMAGED` when the stored bytes are not those of the id. */
export function proveTx(reader: ChainReader, blocks: BlockSource, id: Hex32): TxProof | undefined {
  const place = findTx(reader, id);
  if (place === undefined) return undefined;
  const stored = blocks(reader, place.height);
  const signed = signedHeaderAt(reader, blocks, place.height);
  const tx = stored?.block.txs[place.index];
  const result = stored?.results()[place.index];
  if (stored === undefined || signed === undefined || tx === undefined || result === undefined)
    throw new ConsiliumError('STORE_DAMAGED', { height: place.height });
  if (!equalBytes(sha256(tx), fromHex(id)))
    throw new ConsiliumError('STORE_DAMAGED', { height: place.height });
  const { header, certificate } = signed;
  return {
    tx,
    header,
    certificate,
    txProof: stored.proveTx(place.index),
    result,
    resultProof: stored.proveResult(place.index),
  };
}
