// Owns: what of the holdings waits to be named or registered, in memory, with its totals: packages by author, blobs that no
// package names. Does not own: the rows of it, and what becomes of what waits too long (holdings.ts).
import type { Hex32 } from '@consilium/core';
import type { Loose } from './holding-rows.ts';
import { nameOf } from './stored-package.ts';

/** A package without a registration. */
export interface Pending {
  readonly batch: Hex32;
  readonly epoch: number;
  readonly author: Hex32;
  /** With its blobs. */
  readonly bytes: number;
  readonly timeMs: number;
}

export interface PendingSum {
  readonly batches: number;
  readonly bytes: number;
}

export class PendingPackages {
  readonly #entries = new Map<string, Pending>();
  readonly #sums = new Map<Hex32, PendingSum>();

  get count(): number {
    return this.#entries.size;
  }

  all(): readonly Pending[] {
    return [...this.#entries.values()];
  }

  has(batch: Hex32, epoch: number): boolean {
    return this.#entries.has(nameOf(batch, epoch));
  }

  sumOf(author: Hex32): PendingSum {
    return this.#sums.get(author) ?? { batches: 0, bytes: 0 };
  }

  add(entry: Pending): void {
    this.drop(entry.batch, entry.epoch);
    this.#entries.set(nameOf(entry.batch, entry.epoch), entry);
    this.#sum(entry, 1);
  }

  drop(batch: Hex32, epoch: number): void {
    const entry = this.#entries.get(nameOf(batch, epoch));
    if (entry !== undefined) this.#sum(entry, -1);
    this.#entries.delete(nameOf(batch, epoch));
  }

  #sum({ author, bytes }: Pending, sign: 1 | -1): void {
    const sum = this.sumOf(author);
    const next = { batches: sum.batches + sign, bytes: sum.bytes + sign * bytes };
    if (next.batches === 0) this.#sums.delete(author);
    else this.#sums.set(author, next);
  }
}

export class LooseBlobs {
  readonly #entries = new Map<Hex32, Loose>();
  #bytes = 0;

  get count(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  has(id: Hex32): boolean {
    return this.#entries.has(id);
  }

  bytesOf(id: Hex32): number | undefined {
    return this.#entries.get(id)?.bytes;
  }

  /** Those that came at this time or before. */
  before(timeMs: number): readonly Hex32[] {
    return [...this.#entries].filter(([, loose]) => loose.timeMs <= timeMs).map(([id]) => id);
  }

  add(id: Hex32, loose: Loose): void {
    this.drop(id);
    this.#entries.set(id, loose);
    this.#bytes += loose.bytes;
  }

  drop(id: Hex32): void {
    this.#bytes -= this.#entries.get(id)?.bytes ?? 0;
    this.#entries.delete(id);
  }
}
