// Owns: the chain on the store: the tip, the base, blocks, certificates, results and indexes, written in one batch per
// commit. Does not own: whether a block is valid (core), the replay set (replay-window.ts).
import {
  BLOCK_TXS_MAX,
  type Block,
  byteString,
  type Certificate,
  certificateShape,
  concat,
  decode,
  decodeBlock,
  type Execution,
  encode,
  encodeBlock,
  fromHex,
  type Header,
  type Hex32,
  headerId,
  hex32,
  integer,
  type LedgerTip,
  list,
  OBJECT_BYTES_MAX,
  type Shape,
  type SignedHeader,
  type StateChange,
  type StateReader,
  signedHeaderShape,
  struct,
  type TreeReader,
  uint64Bytes,
  utf8,
  type ValidatorSet,
  validatorSetHash,
  validatorSetShape,
} from '@consilium/core';
import type { Kv, KvWrite } from '../ports.ts';
import { TABLES } from '../tables.ts';

/** The last committed block; at height 0 the genesis. */
export interface Tip {
  readonly height: number;
  readonly blockId: Hex32;
  readonly time: number;
  readonly stateRoot: Hex32;
}

const tipShape: Shape<Tip> = struct<Tip>({
  height: integer(0, Number.MAX_SAFE_INTEGER),
  blockId: hex32,
  time: integer(0, Number.MAX_SAFE_INTEGER),
  stateRoot: hex32,
});

const TIP_KEY = utf8('tip');
const BASE_KEY = utf8('base');

/** Certificates that a node acted on at one height: bounded by its rounds, pruned with the evidence window. */
export const ACCOUNTABILITY_CERTIFICATES_MAX = 1024;
export const certificateListShape: Shape<readonly Certificate[]> = list(
  certificateShape,
  ACCOUNTABILITY_CERTIFICATES_MAX,
);
export const resultListShape: Shape<readonly Uint8Array[]> = list(
  byteString(OBJECT_BYTES_MAX),
  BLOCK_TXS_MAX,
);

export function heightKey(height: number): Uint8Array {
  return uint64Bytes(height);
}

export function heightOfKey(key: Uint8Array): number {
  return Number(new DataView(key.buffer, key.byteOffset, key.byteLength).getBigUint64(0));
}

export function stateReader(kv: Pick<Kv, 'get'>): StateReader {
  return { get: (table, key) => kv.get(TABLES.state, concat(Uint8Array.of(table), key)) };
}

export function treeReader(kv: Pick<Kv, 'get'>): TreeReader {
  return { node: (path) => kv.get(TABLES.tree, path) };
}

export function readTip(kv: Pick<Kv, 'get'>): Tip | undefined {
  const bytes = kv.get(TABLES.meta, TIP_KEY);
  return bytes === undefined ? undefined : decode(tipShape, bytes, OBJECT_BYTES_MAX);
}

/**
 * Height of the earliest block that this node keeps, with its certificate and results; of all above it as well. 1 unless
 * blocks were pruned or the node began from a snapshot. Above height 1 the base is older than any transaction that can
 * still be valid, so that the replay window lies above it.
 */
export function readBase(kv: Pick<Kv, 'get'>): number {
  const bytes = kv.get(TABLES.meta, BASE_KEY);
  return bytes === undefined ? 1 : heightOfKey(bytes);
}

export function baseWrite(base: number): KvWrite {
  return { table: TABLES.meta, key: BASE_KEY, value: heightKey(base) };
}

/**
 * What light clients need of the block at a height that falls below the base, for the batch that deletes it: where it
 * announces another validator set, its header and certificate. The row of `setChanges` stays too.
 */
export function lightHeaderWrites(kv: Pick<Kv, 'get'>, height: number): KvWrite[] {
  const key = heightKey(height);
  const header = readBlock(kv, height)?.header;
  const certificate = readCertificate(kv, height);
  if (kv.get(TABLES.setChanges, key) === undefined || header === undefined || certificate === undefined)
    return [];
  return [lightHeaderWrite({ header, certificate })];
}

export function lightHeaderWrite(signed: SignedHeader): KvWrite {
  const key = heightKey(signed.header.height);
  return { table: TABLES.lightHeaders, key, value: encode(signedHeaderShape, signed) };
}

export function readLightHeader(kv: Pick<Kv, 'get'>, height: number): SignedHeader | undefined {
  const bytes = kv.get(TABLES.lightHeaders, heightKey(height));
  return bytes === undefined ? undefined : decode(signedHeaderShape, bytes, OBJECT_BYTES_MAX);
}

export function readBlock(kv: Pick<Kv, 'get'>, height: number): Block | undefined {
  const bytes = kv.get(TABLES.blocks, heightKey(height));
  return bytes === undefined ? undefined : decodeBlock(bytes);
}

/** The certificate of a height: the one carried in the next block, else this node's own, which serves only the tip. */
export function readCertificate(kv: Pick<Kv, 'get'>, height: number): Certificate | undefined {
  const carried = readBlock(kv, height + 1)?.lastCertificate;
  if (carried !== undefined && carried !== null) return carried;
  return readOwnCertificate(kv, height);
}

export function readOwnCertificate(kv: Pick<Kv, 'get'>, height: number): Certificate | undefined {
  const bytes = kv.get(TABLES.certificates, heightKey(height));
  return bytes === undefined ? undefined : decode(certificateShape, bytes, OBJECT_BYTES_MAX);
}

type StateWrites = Pick<Execution, 'treeNodes'> & {
  readonly changes: readonly Omit<StateChange, 'before'>[];
};

/** What the next block carries as its parent's certificate: this node's own of the tip; null below the first block. */
export function readCertificateOfTip(kv: Pick<Kv, 'get'>, tip: Tip): Certificate | null {
  if (tip.height === 0) return null;
  const certificate = readOwnCertificate(kv, tip.height);
  if (certificate === undefined) throw new Error('invariant: the tip was committed without its certificate');
  return certificate;
}

function stateWrites(execution: StateWrites): KvWrite[] {
  const values = execution.changes.map(({ table, key, value }) => ({
    table: TABLES.state,
    key: concat(Uint8Array.of(table), key),
    value,
  }));
  const nodes = execution.treeNodes.map(({ path, node }) => ({ table: TABLES.tree, key: path, value: node }));
  return [...values, ...nodes];
}

export function tipWrite(tip: Tip): KvWrite {
  return { table: TABLES.meta, key: TIP_KEY, value: encode(tipShape, tip) };
}

/** What the first start of a home writes: the state of genesis at height 0. */
export function genesisWrites(
  genesis: StateWrites & Pick<Execution, 'stateRoot'>,
  { id, time }: LedgerTip,
): KvWrite[] {
  return [...stateWrites(genesis), tipWrite({ height: 0, blockId: id, time, stateRoot: genesis.stateRoot })];
}

export interface Decided {
  readonly block: Block;
  readonly certificate: Certificate;
  readonly execution: Execution;
  /** Polkas this node acted on at the height (rule 17); empty for a synced block. */
  readonly polkas: readonly Certificate[];
}

export function tipOf(header: Header): Tip {
  return { height: header.height, blockId: headerId(header), time: header.time, stateRoot: header.stateRoot };
}

/** Everything that a commit writes, for one synced batch: so only two crash states exist, before and after. */
export function commitWrites(decided: Decided): KvWrite[] {
  const { block, certificate, execution, polkas } = decided;
  const { header } = block;
  const key = heightKey(header.height);
  const tip = tipOf(header);
  const kept = [...polkas.slice(-(ACCOUNTABILITY_CERTIFICATES_MAX - 1)), certificate];
  const txIds = execution.txs.map(({ id }) => id);
  return [
    ...blockWrites({ block, blockId: tip.blockId, txIds, results: execution.resultBytes }),
    certificateWrite(certificate),
    { table: TABLES.accountability, key, value: encode(certificateListShape, kept) },
    ...setChangeWrites(header, execution.validators),
    ...stateWrites(execution),
    tipWrite(tip),
  ];
}

export interface BlockRows {
  readonly block: Block;
  readonly blockId: Hex32;
  /** In the order of the block. */
  readonly txIds: readonly Hex32[];
  readonly results: readonly Uint8Array[];
}

/** A block with its results and indexes; without what proves or follows from it. */
export function blockWrites({ block, blockId, txIds, results }: BlockRows): KvWrite[] {
  const key = heightKey(block.header.height);
  const index = txIds.map((id, position) => ({
    table: TABLES.transactions,
    key: fromHex(id),
    value: concat(key, uint64Bytes(position).subarray(4)),
  }));
  return [
    { table: TABLES.blocks, key, value: encodeBlock(block) },
    { table: TABLES.blockHeights, key: fromHex(blockId), value: key },
    { table: TABLES.results, key, value: encode(resultListShape, results) },
    ...index,
  ];
}

/** This node's own certificate of its height. */
export function certificateWrite(certificate: Certificate): KvWrite {
  const key = heightKey(certificate.height);
  return { table: TABLES.certificates, key, value: encode(certificateShape, certificate) };
}

/** Where the set changes: the one of the next height, for light clients. */
export function setChangeWrite(height: number, nextValidators: ValidatorSet): KvWrite {
  const value = encode(validatorSetShape, nextValidators);
  return { table: TABLES.setChanges, key: heightKey(height), value };
}

function setChangeWrites(header: Header, nextValidators: ValidatorSet): KvWrite[] {
  if (header.nextValidatorsHash === header.validatorsHash) return [];
  if (validatorSetHash(nextValidators) !== header.nextValidatorsHash) {
    throw new Error('invariant: the set kept for light clients is not the one that the header announces');
  }
  return [setChangeWrite(header.height, nextValidators)];
}
