// Owns: which of the oldest blocks may go, and the writes by which a few of them go: blocks, certificates, results, their
// indexes, accountability. Does not own: when (pruner.ts), that the disk gets its room back (the store).
import { decodeTx, fromHex, headerId, TX_VALIDITY_MS_MAX } from '@consilium/core';
import { PRUNE_BYTES_PER_SLICE_MAX, PRUNE_HEIGHTS_MIN, PRUNE_HEIGHTS_PER_SLICE } from '../limits.ts';
import type { Kv, KvWrite } from '../ports.ts';
import { TABLES } from '../tables.ts';
import { baseWrite, heightKey, lightHeaderWrites, readBase, readBlock, type Tip } from './chain.ts';

/** What an operator wants kept. 0: no bound of this kind; both 0: everything. */
export interface Keep {
  readonly blocks: number;
  readonly days: number;
}

export interface PruneBounds {
  /** Only heights below this one go. */
  readonly belowHeight: number;
  /** Only blocks go whose successor is older. Milliseconds since the epoch, by the time of the chain. */
  readonly beforeTimeMs: number;
}

const DAY_MS = 86_400_000;

/**
 * Both wishes hold, and beyond them what others need: the blocks of the evidence window, those that the replay window is
 * made of, and some at the tip that a start looks at. The age is measured by the tip's time, which a quorum vouches for:
 * a clock of this machine that jumps deletes nothing. undefined: nothing goes.
 */
export function pruneBounds(keep: Keep, tip: Tip, evidenceWindowHeights: number): PruneBounds | undefined {
  if (keep.blocks === 0 && keep.days === 0) return undefined;
  const heights = Math.max(keep.blocks, evidenceWindowHeights, PRUNE_HEIGHTS_MIN);
  return {
    belowHeight: tip.height - heights + 1,
    beforeTimeMs: tip.time - Math.max(keep.days * DAY_MS, TX_VALIDITY_MS_MAX + 1),
  };
}

export interface PruneSlice {
  /** One batch: after it the base is `base`. */
  readonly writes: readonly KvWrite[];
  readonly base: number;
  readonly blocks: number;
  /** Whether the next slice may find more. */
  readonly more: boolean;
}

/** The next blocks that go, from the base upwards; undefined when there is none. */
export function pruneSlice(kv: Pick<Kv, 'get'>, bounds: PruneBounds): PruneSlice | undefined {
  const first = readBase(kv);
  const writes: KvWrite[] = [];
  let base = first;
  let bytes = 0;
  const isFull = (): boolean => base - first >= PRUNE_HEIGHTS_PER_SLICE || bytes > PRUNE_BYTES_PER_SLICE_MAX;
  while (base < bounds.belowHeight && !isFull()) {
    const next = readBlock(kv, base + 1);
    if (next === undefined || next.header.time >= bounds.beforeTimeMs) break;
    writes.push(...lightHeaderWrites(kv, base), ...blockDeletions(kv, base));
    bytes += next.txs.reduce((sum, tx) => sum + tx.length, 0);
    base += 1;
  }
  if (base === first) return undefined;
  return { writes: [...writes, baseWrite(base)], base, blocks: base - first, more: isFull() };
}

function blockDeletions(kv: Pick<Kv, 'get'>, height: number): KvWrite[] {
  const key = heightKey(height);
  const block = readBlock(kv, height);
  const gone = (table: number, name: Uint8Array): KvWrite => ({ table, key: name, value: null });
  const indexes =
    block === undefined
      ? []
      : [
          gone(TABLES.blockHeights, fromHex(headerId(block.header))),
          ...block.txs.map((tx) => gone(TABLES.transactions, fromHex(decodeTx(tx).id))),
        ];
  const rows = [TABLES.blocks, TABLES.certificates, TABLES.results, TABLES.accountability];
  return [...indexes, ...rows.map((table) => gone(table, key))];
}

/** The tables whose rows go by height, so that their room is one range of the disk. */
export const PRUNED_BY_HEIGHT: readonly number[] = [
  TABLES.blocks,
  TABLES.certificates,
  TABLES.results,
  TABLES.accountability,
];
/** And those whose rows lie anywhere. */
export const PRUNED_BY_HASH: readonly number[] = [TABLES.blockHeights, TABLES.transactions];
