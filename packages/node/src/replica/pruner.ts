// Owns: pruning beside agreement: one small slice after the other with pauses between them, and the room on the disk given
// back from time to time. Does not own: which blocks go (prune.ts).
import type { ConsiliumError } from '@consilium/core';
import {
  PRUNE_BLOCKS_PER_COMPACTION,
  PRUNE_INDEX_BLOCKS_PER_COMPACTION,
  PRUNE_PAUSE_MS,
  PRUNE_TICK_MS,
} from '../limits.ts';
import type { Cancel, Clock, Kv, Report } from '../ports.ts';
import { heightKey, type Tip } from './chain.ts';
import { type Keep, PRUNED_BY_HASH, PRUNED_BY_HEIGHT, pruneBounds, pruneSlice } from './prune.ts';

/** Keys of one table, from and up to; the whole table without them. */
export interface CompactRange {
  readonly table: number;
  readonly from?: Uint8Array;
  readonly to?: Uint8Array;
}

export interface PrunerDeps {
  readonly kv: Kv;
  readonly clock: Clock;
  readonly report: Report;
  readonly tip: () => Tip;
  /** Gives the room of deleted rows back to the disk; `done` when it is done, or could not be. */
  readonly compact: (ranges: readonly CompactRange[], done: () => void) => void;
}

export interface PrunerOptions {
  readonly keep: Keep;
  /** Of the parameters in force. */
  readonly evidenceWindowHeights: () => number;
}

export class Pruner {
  readonly #deps: PrunerDeps;
  readonly #options: PrunerOptions;
  #cancel: Cancel = () => undefined;
  #stopped = false;
  #sinceCompaction = 0;
  #sinceIndexCompaction = 0;

  constructor(deps: PrunerDeps, options: PrunerOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  start(): void {
    const { keep } = this.#options;
    if (keep.blocks > 0 || keep.days > 0) this.#plan(PRUNE_TICK_MS);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  #plan(delayMs: number): void {
    if (!this.#stopped) this.#cancel = this.#deps.clock.after(delayMs, () => this.#turn());
  }

  #turn(): void {
    const { kv, tip } = this.#deps;
    const { keep, evidenceWindowHeights } = this.#options;
    const bounds = pruneBounds(keep, tip(), evidenceWindowHeights());
    const slice = bounds && pruneSlice(kv, bounds);
    if (slice === undefined) return this.#plan(PRUNE_TICK_MS);
    kv.write(slice.writes, (error) => {
      if (error !== undefined) return this.#failed(error);
      if (!this.#stopped) this.#pruned(slice.base, slice.blocks, slice.more);
    });
  }

  #pruned(base: number, blocks: number, more: boolean): void {
    this.#sinceCompaction += blocks;
    this.#sinceIndexCompaction += blocks;
    const delayMs = more ? PRUNE_PAUSE_MS : PRUNE_TICK_MS;
    if (this.#sinceCompaction < PRUNE_BLOCKS_PER_COMPACTION) return this.#plan(delayMs);
    const { compact, report } = this.#deps;
    report({ level: 'info', code: 'store.pruned', base, blocks: this.#sinceCompaction });
    compact(this.#ranges(base), () => this.#plan(delayMs));
  }

  /** Indexes lie all over their tables, which are written anew as a whole: rarely. */
  #ranges(base: number): CompactRange[] {
    const from = heightKey(base - this.#sinceCompaction);
    const to = heightKey(base);
    const ranges: CompactRange[] = PRUNED_BY_HEIGHT.map((table) => ({ table, from, to }));
    this.#sinceCompaction = 0;
    if (this.#sinceIndexCompaction >= PRUNE_INDEX_BLOCKS_PER_COMPACTION) {
      this.#sinceIndexCompaction = 0;
      ranges.push(...PRUNED_BY_HASH.map((table) => ({ table })));
    }
    return ranges;
  }

  /** Nothing is lost: what was not deleted is deleted later. A store that fails is told of by whoever must write. */
  #failed(error: ConsiliumError): void {
    this.#deps.report({ level: 'warn', code: 'store.prune-failed', reason: error.code });
    this.#plan(PRUNE_TICK_MS);
  }
}
