// Owns: the chain on the store: the tip, blocks, certificates, results and indexes, written in one batch per commit, and
// the replay set, a pure function of the blocks in its window. Does not own: whether a block is valid (core).
import {
  BLOCK_TXS_MAX,
  type Block,
  byteString,
  type Certificate,
  certificateShape,
  concat,
  decode,
  decodeBlock,
  decodeTx,
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
  type StateChange,
  type StateReader,
  struct,
  type TreeReader,
  TX_VALIDITY_MS_MAX,
  type Tx,
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

function tipWrite(tip: Tip): KvWrite {
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
  const index = execution.txs.map((tx, position) => ({
    table: TABLES.transactions,
    key: fromHex(tx.id),
    value: concat(key, uint64Bytes(position).subarray(4)),
  }));
  const kept = [...polkas.slice(-(ACCOUNTABILITY_CERTIFICATES_MAX - 1)), certificate];
  return [
    { table: TABLES.blocks, key, value: encodeBlock(block) },
    { table: TABLES.certificates, key, value: encode(certificateShape, certificate) },
    { table: TABLES.blockHeights, key: fromHex(tip.blockId), value: key },
    { table: TABLES.results, key, value: encode(resultListShape, execution.resultBytes) },
    { table: TABLES.accountability, key, value: encode(certificateListShape, kept) },
    ...setChangeWrites(header, execution.validators),
    ...index,
    ...stateWrites(execution),
    tipWrite(tip),
  ];
}

function setChangeWrites(header: Header, nextValidators: ValidatorSet): KvWrite[] {
  if (header.nextValidatorsHash === header.validatorsHash) return [];
  if (validatorSetHash(nextValidators) !== header.nextValidatorsHash) {
    throw new Error('invariant: the set kept for light clients is not the one that the header announces');
  }
  const value = encode(validatorSetShape, nextValidators);
  return [{ table: TABLES.setChanges, key: heightKey(header.height), value }];
}

/**
 * Payload hashes of the transactions that could still be valid: a block at time t holds none whose validUntil exceeds
 * t + TX_VALIDITY_MS_MAX, so only blocks of that window matter.
 */
export class ReplayWindow {
  readonly #hashes = new Set<Hex32>();
  /** Oldest block first. */
  readonly #blocks: { readonly timeMs: number; readonly hashes: readonly Hex32[] }[] = [];

  /** Reads the window back from the chain. */
  static load(kv: Pick<Kv, 'get'>, tip: Tip): ReplayWindow {
    const blocks: Block[] = [];
    for (let height = tip.height; height > 0; height -= 1) {
      const block = readBlock(kv, height);
      if (block === undefined || isPast(block.header.time, tip.time)) break;
      blocks.push(block);
    }
    const window = new ReplayWindow();
    for (const block of blocks.toReversed()) {
      const txs = block.txs.map((bytes) => decodeTx(bytes));
      window.add(block.header.time, txs);
    }
    return window;
  }

  has(payloadHash: Hex32): boolean {
    return this.#hashes.has(payloadHash);
  }

  /** A block of this time was committed: blocks whose last transaction has expired by then leave. */
  add(timeMs: number, txs: readonly Tx[]): void {
    while (this.#blocks[0] !== undefined && isPast(this.#blocks[0].timeMs, timeMs)) {
      for (const hash of this.#blocks.shift()?.hashes ?? []) this.#hashes.delete(hash);
    }
    const hashes = txs.map((tx) => tx.payloadHash);
    for (const hash of hashes) this.#hashes.add(hash);
    this.#blocks.push({ timeMs, hashes });
  }
}

/** Whether no transaction of a block of this time can still be valid at `nowMs`. */
function isPast(timeMs: number, nowMs: number): boolean {
  return timeMs + TX_VALIDITY_MS_MAX < nowMs;
}
