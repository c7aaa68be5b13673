// Owns: which waiting transactions a decided block left out although its author must have had them and there was room
// (docs/protocol.md, "Skips"): pure arithmetic over what this node saw, and a count per author. Does not own: what the
// network does about a proposer that keeps skipping.
import { BLOCK_TXS_PER_PERSON_MAX, type Hex32, type Tx, workOf } from '@consilium/core';
import { LANE_BYTES_PER_BLOCK, LANE_TXS_PER_BLOCK, SKIPS_PER_BLOCK_MAX } from '../limits.ts';
import type { Waiting } from './lanes.ts';

/** A decided block as skips are judged: the room that it had left under the bounds of its round. */
export interface BlockRoom {
  readonly author: Hex32;
  /** Of its header. Milliseconds since the epoch. */
  readonly time: number;
  readonly txsLeft: number;
  readonly bytesLeft: number;
  readonly workLeft: number;
  /** Transactions in it by sender. */
  readonly bySender: ReadonlyMap<Hex32, number>;
  /**
   * What was received here so long before the block's time had reached its author: a message may travel for `delayMs`, and
   * clocks differ by `precisionMs`. Milliseconds.
   */
  readonly skipAfterMs: number;
}

/** Of one institution in one block. */
export interface Taken {
  readonly txs: number;
  readonly bytes: number;
}

export function addTaken(taken: Map<Hex32, Taken>, { tx, institution }: Waiting): void {
  const { txs, bytes } = taken.get(institution) ?? { txs: 0, bytes: 0 };
  taken.set(institution, { txs: txs + 1, bytes: bytes + tx.bytes.length });
}

export interface Skip {
  readonly txId: Hex32;
  /** From its first receipt here to the time of the block. */
  readonly ageMs: number;
}

/**
 * The waiting transactions that this block skipped, oldest first and at most `SKIPS_PER_BLOCK_MAX`. `waiting`: in the order
 * of their receipt, as they are after the commit: what the block made void is not among them. `taken`: what the block
 * has of each institution: one that had its part of the block is owed no more.
 */
export function skipsOf(
  block: BlockRoom,
  waiting: Iterable<Waiting>,
  taken: ReadonlyMap<Hex32, Taken>,
): Skip[] {
  const skips: Skip[] = [];
  if (block.txsLeft <= 0) return skips;
  for (const each of waiting) {
    const ageMs = block.time - each.receivedMs;
    // Whatever comes after it was received later still.
    if (ageMs < block.skipAfterMs || skips.length >= SKIPS_PER_BLOCK_MAX) break;
    if (
      !hadItsPart(taken.get(each.institution)) &&
      hadRoomFor(block, each) &&
      each.tx.validUntil >= block.time
    )
      skips.push({ txId: each.tx.id, ageMs });
  }
  return skips;
}

function hadItsPart(taken: Taken | undefined): boolean {
  return taken !== undefined && (taken.txs >= LANE_TXS_PER_BLOCK || taken.bytes >= LANE_BYTES_PER_BLOCK);
}

function hadRoomFor({ bytesLeft, workLeft, bySender }: BlockRoom, { tx, isPerson }: Waiting): boolean {
  const isWithinQuota = !isPerson || (bySender.get(tx.sender) ?? 0) < BLOCK_TXS_PER_PERSON_MAX;
  return isWithinQuota && tx.bytes.length <= bytesLeft && workOf(tx.actions) <= workLeft;
}

export function countBySender(txs: readonly Tx[]): Map<Hex32, number> {
  const counts = new Map<Hex32, number>();
  for (const { sender } of txs) counts.set(sender, (counts.get(sender) ?? 0) + 1);
  return counts;
}

export interface SkipCount {
  /** Blocks of this author that skipped something. */
  readonly blocks: number;
  /** What they skipped, each block's apart. */
  readonly txs: number;
}

/** Since the start of this node, by author. */
export class SkipCounts {
  readonly #byAuthor = new Map<Hex32, SkipCount>();

  add(author: Hex32, skips: readonly Skip[]): void {
    if (skips.length === 0) return;
    const { blocks, txs } = this.#byAuthor.get(author) ?? { blocks: 0, txs: 0 };
    this.#byAuthor.set(author, { blocks: blocks + 1, txs: txs + skips.length });
  }

  of(author: Hex32): SkipCount {
    return this.#byAuthor.get(author) ?? { blocks: 0, txs: 0 };
  }

  /** Authors that ever skipped here: members of the set, one after another. */
  get all(): ReadonlyMap<Hex32, SkipCount> {
    return this.#byAuthor;
  }
}
