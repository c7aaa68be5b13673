// Owns: the replay set: a pure function of the blocks in its window. Does not own: the rule that uses it (core).
import { type Block, decodeTx, type Hex32, TX_VALIDITY_MS_MAX, type Tx } from '@consilium/core';
import type { Kv } from '../ports.ts';
import { readBlock, type Tip } from './chain.ts';

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
export function isPast(timeMs: number, nowMs: number): boolean {
  return timeMs + TX_VALIDITY_MS_MAX < nowMs;
}
