// Owns: blobs that no package here names, from their coming to their destruction: each stands in a row before its bytes are
// written, is destroyed when it has waited long enough or was given up, and never while somebody holds it fast. Does not
// own: packages, and which blobs they name (holdings.ts). Every change is a task of the holdings' queue.
import { ConsiliumError, type Hex32, toHex } from '@consilium/core';
import { CUSTODY_SWEEP_BLOBS_MAX, LOOSE_BLOBS_MAX, LOOSE_BYTES_MAX } from '../limits.ts';
import type { Clock, Done, KvWrite, Vault } from '../ports.ts';
import type { TaskQueue } from '../replica/task-queue.ts';
import { type Loose, looseOf, looseRow } from './holding-rows.ts';
import { LooseBlobs } from './waiting.ts';

export interface UnnamedBlobsDeps {
  readonly queue: TaskQueue;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly write: (writes: readonly KvWrite[], done: Done) => void;
  /** Whether a package names the blob. */
  readonly names: (id: Hex32) => boolean;
  /** Something waits from now on. */
  readonly onWaiting: () => void;
}

/** Since when a blob waits that is to be destroyed as soon as it can be. */
const GIVEN_UP_MS = 0;

export class UnnamedBlobs {
  readonly #deps: UnnamedBlobsDeps;
  readonly #loose = new LooseBlobs();
  readonly #pins = new Map<Hex32, number>();

  constructor(deps: UnnamedBlobsDeps) {
    this.#deps = deps;
  }

  get count(): number {
    return this.#loose.count;
  }

  found(rows: readonly { readonly key: Uint8Array; readonly value: Uint8Array }[]): void {
    for (const { key, value } of rows) this.#loose.add(toHex(key), looseOf(value));
  }

  /** As `Holdings.pin`. */
  pin(ids: readonly Hex32[], done: (missing: readonly Hex32[]) => void): void {
    this.#deps.queue.enqueue((next) => {
      for (const id of ids) this.#pins.set(id, (this.#pins.get(id) ?? 0) + 1);
      const missing = ids.filter((id) => !this.#deps.vault.has(id));
      next();
      done(missing);
    });
  }

  unpin(ids: readonly Hex32[]): void {
    for (const id of ids) {
      const count = this.#pins.get(id) ?? 0;
      if (count > 1) this.#pins.set(id, count - 1);
      else this.#pins.delete(id);
    }
  }

  /** As `Holdings.takeBlobs`. */
  take(blobs: ReadonlyMap<Hex32, Uint8Array>, done: Done): void {
    const { queue, names, clock, vault, write, onWaiting } = this.#deps;
    queue.enqueue((next) => {
      const finish: Done = (error) => {
        next();
        done(error);
      };
      const unnamed = [...blobs].filter(([id]) => !names(id));
      const fresh = unnamed.filter(([id]) => !this.#loose.has(id));
      const bytes = fresh.reduce((sum, [, blob]) => sum + blob.length, 0);
      const isTooMuch = this.#loose.bytes + bytes > LOOSE_BYTES_MAX;
      if (isTooMuch || this.#loose.count + fresh.length > LOOSE_BLOBS_MAX)
        return finish(new ConsiliumError('CUSTODY_BUSY', { rule: 'blobs' }));
      const timeMs = clock.wallMs();
      // Before the bytes: what lies in the vault must be found again. What is here already waits as long as what is new.
      write(
        unnamed.map(([id, blob]) => looseRow(id, { timeMs, bytes: blob.length })),
        (error) => {
          if (error !== undefined) return finish(error);
          for (const [id, blob] of unnamed) this.#loose.add(id, { timeMs, bytes: blob.length });
          onWaiting();
          vault.write([...blobs.values()], finish);
        },
      );
    });
  }

  /** A package names them from now on: the rows are gone. */
  named(ids: readonly Hex32[]): void {
    for (const id of ids) this.#loose.drop(id);
  }

  /** The rows by which these are given up, whatever happens; `givenUp` when they are written. */
  rowsOfGivenUp(lengths: ReadonlyMap<Hex32, number>): readonly KvWrite[] {
    return [...lengths].map(([id, bytes]) => looseRow(id, { timeMs: GIVEN_UP_MS, bytes }));
  }

  givenUp(lengths: ReadonlyMap<Hex32, number>): void {
    for (const [id, bytes] of lengths) this.#loose.add(id, { timeMs: GIVEN_UP_MS, bytes });
  }

  /** Of these blobs those that came and that nothing names are destroyed now, not when they have waited long enough. */
  giveUp(ids: readonly Hex32[]): void {
    const { queue, names, write } = this.#deps;
    queue.enqueue((next) => {
      const own = ids.filter((id) => this.#loose.has(id) && !names(id));
      const lengths = new Map(own.map((id) => [id, this.#loose.bytesOf(id) ?? 0]));
      write(this.rowsOfGivenUp(lengths), (error) => {
        if (error !== undefined) return next();
        this.givenUp(lengths);
        this.#destroy(GIVEN_UP_MS, next);
      });
    });
  }

  /** As `Holdings.destroyGivenUp`. */
  destroyGivenUp(done: (isGone: boolean) => void): void {
    this.#deps.queue.enqueue((next) => {
      const before = this.#loose.before(GIVEN_UP_MS).length;
      this.#destroy(GIVEN_UP_MS, () => {
        next();
        const left = this.#loose.before(GIVEN_UP_MS).length;
        if (left === 0 || left === before) done(left === 0);
        else this.destroyGivenUp(done);
      });
    });
  }

  /** Those that came at this time or before, in portions. */
  destroyBefore(timeMs: Loose['timeMs']): void {
    this.#deps.queue.enqueue((next) => this.#destroy(timeMs, next));
  }

  #destroy(before: number, next: () => void): void {
    const { vault, write } = this.#deps;
    const due = this.#loose
      .before(before)
      .filter((id) => !this.#pins.has(id))
      .slice(0, CUSTODY_SWEEP_BLOBS_MAX);
    if (due.length === 0) return next();
    vault.remove(due, (failed) => {
      if (failed !== undefined) return next();
      write(
        due.map((id) => looseRow(id, null)),
        (error) => {
          if (error === undefined) this.named(due);
          next();
          if (error === undefined) this.destroyBefore(before);
        },
      );
    });
  }
}
