// Owns: the values of the running height: which are in hand, which bodies they still lack, what their execution gave.
// Bodies of a proposed value stay here until the height ends, whatever the mempool's quotas and expiry say (4.2).
import {
  BLOCK_TX_BYTES_MAX,
  type Block,
  decodeBlock,
  decodeTx,
  type Execution,
  encodeBlock,
  type Hex32,
  headerId,
  type Tx,
} from '@consilium/core';
import type { Value } from '../messages/wire.ts';
import type { Pool } from './pool.ts';

export class ValueDesk {
  readonly #pool: Pick<Pool, 'body' | 'hold'>;
  readonly #values = new Map<Hex32, Value>();
  readonly #bodies = new Map<Hex32, Uint8Array>();
  readonly #executions = new Map<Hex32, Execution>();

  constructor(pool: Pick<Pool, 'body' | 'hold'>) {
    this.#pool = pool;
  }

  clear(): void {
    this.#values.clear();
    this.#bodies.clear();
    this.#executions.clear();
  }

  /** Keeps the value and every body of it that this node has now. */
  add(value: Value): Hex32 {
    const id = headerId(value.header);
    if (this.#values.has(id)) return id;
    this.#values.set(id, value);
    this.#pool.hold(value.txIds);
    for (const txId of value.txIds) this.body(txId);
    return id;
  }

  /** A whole block: an own one, or one that the log kept. */
  addBlock(block: Block): Hex32 {
    const txs = block.txs.map((bytes) => decodeTx(bytes));
    for (const tx of txs) this.#bodies.set(tx.id, tx.bytes);
    const { header, lastCertificate, evidence } = block;
    return this.add({ header, lastCertificate, evidence, txIds: txs.map((tx) => tx.id) });
  }

  addBlockBytes(bytes: Uint8Array): Hex32 {
    return this.addBlock(decodeBlock(bytes));
  }

  /** The value leaves; bodies that others share stay until the height ends. */
  remove(id: Hex32): void {
    this.#values.delete(id);
    this.#executions.delete(id);
  }

  value(id: Hex32): Value | undefined {
    return this.#values.get(id);
  }

  /** A body by transaction id; found in the pool once, it is kept until the height ends. */
  body(txId: Hex32): Uint8Array | undefined {
    const held = this.#bodies.get(txId);
    if (held !== undefined) return held;
    const found = this.#pool.body(txId);
    if (found !== undefined) this.#bodies.set(txId, found);
    return found;
  }

  /**
   * Keeps those bodies that a value in hand names; returns whether any was missing before. A value that names more bytes
   * than any block holds is not gathered further: it stays without a verdict, and costs no more memory than a block.
   */
  addBodies(txs: readonly Tx[]): boolean {
    let fresh = false;
    for (const value of this.#values.values()) if (this.#addBodiesOf(value, txs)) fresh = true;
    return fresh;
  }

  #addBodiesOf({ txIds }: Value, txs: readonly Tx[]): boolean {
    const wanted = new Set(txIds);
    let bytes = txIds.reduce((sum, txId) => sum + (this.#bodies.get(txId)?.length ?? 0), 0);
    let fresh = false;
    for (const tx of txs) {
      if (!wanted.has(tx.id) || this.#bodies.has(tx.id)) continue;
      bytes += tx.bytes.length;
      if (bytes > BLOCK_TX_BYTES_MAX) break;
      this.#bodies.set(tx.id, tx.bytes);
      fresh = true;
    }
    return fresh;
  }

  missing(id: Hex32): Hex32[] {
    return (this.#values.get(id)?.txIds ?? []).filter((txId) => this.body(txId) === undefined);
  }

  /** The block, once every body is in hand. */
  block(id: Hex32): Block | undefined {
    const value = this.#values.get(id);
    if (value === undefined || this.missing(id).length > 0) return undefined;
    const { header, lastCertificate, evidence, txIds } = value;
    return { header, lastCertificate, evidence, txs: txIds.map((txId) => this.body(txId) as Uint8Array) };
  }

  blockBytes(id: Hex32): Uint8Array | undefined {
    const block = this.block(id);
    return block === undefined ? undefined : encodeBlock(block);
  }

  setExecution(id: Hex32, execution: Execution): void {
    this.#executions.set(id, execution);
  }

  execution(id: Hex32): Execution | undefined {
    return this.#executions.get(id);
  }
}
