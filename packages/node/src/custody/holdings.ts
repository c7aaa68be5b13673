// Owns: what this custodian holds: packages, the blobs that they name, which of both still wait for a registration, and
// their destruction. Every change is one task of one queue, so that no blob is destroyed that a package is about to name,
// and each blob of the vault stands in a row from which it will be found again. Does not own: whether to hold something.
import { ConsiliumError, type CustodyPackage, equalBytes, fromHex, type Hex32 } from '@consilium/core';
import { BATCHES_PER_BLOB_MAX, CUSTODY_EXPIRY_MS, CUSTODY_SWEEP_MS } from '../limits.ts';
import type { Cancel, Clock, Done, Kv, KvWrite, Vault } from '../ports.ts';
import { TaskQueue } from '../replica/task-queue.ts';
import { TABLES } from '../tables.ts';
import {
  asideKey,
  asideOf,
  asideRow,
  looseRow,
  ownersOf,
  ownersRow,
  packageKey,
  packageRow,
  pendingRow,
  pendingTimeOf,
  placeOfKey,
} from './holding-rows.ts';
import { rewritePackages } from './rewriting.ts';
import { blobBytes, blobIds, blobLengths, nameOf, storedPackage } from './stored-package.ts';
import { UnnamedBlobs } from './unnamed-blobs.ts';
import { type Pending, PendingPackages, type PendingSum } from './waiting.ts';

export interface StoredRow {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Rows that an earlier run left: of the tables `pendingBatches` and `looseBlobs`. */
export interface FoundRows {
  readonly pending: readonly StoredRow[];
  readonly loose: readonly StoredRow[];
}

export interface HoldingsDeps {
  readonly kv: Kv;
  readonly vault: Vault;
  readonly clock: Clock;
  /** Whether the ledger holds the batch: then it is no longer destroyed. */
  readonly isRegistered: (batch: Hex32) => boolean;
}

export interface NewPackage {
  readonly content: CustodyPackage;
  readonly bytes: Uint8Array;
  /** What it waits for on the ledger: its registration, or the confirmation that its epoch serves. */
  readonly pending: 'registration' | 'confirmation' | null;
  /** Keeps what stands in its place beside it: this node signed for it, and the ledger may yet confirm it. */
  readonly aside?: boolean;
}

export class Holdings {
  readonly #deps: HoldingsDeps;
  readonly #queue = new TaskQueue(() => undefined);
  readonly #pending = new PendingPackages();
  /** Packages of which the ledger has not said whether they serve. */
  readonly #unsettled = new Map<string, { readonly batch: Hex32; readonly epoch: number }>();
  readonly #unnamed: UnnamedBlobs;
  #sweep: Cancel | undefined;
  #stopped = false;

  constructor(deps: HoldingsDeps) {
    this.#deps = deps;
    const { vault, clock } = deps;
    this.#unnamed = new UnnamedBlobs({
      ...{ queue: this.#queue, vault, clock },
      write: (writes, done) => this.#write(writes, done),
      names: (id) => this.names(id),
      onWaiting: () => this.#planSweep(),
    });
  }

  start({ pending, loose }: FoundRows): void {
    for (const { key, value } of pending) this.#found(key, value);
    this.#unnamed.found(loose);
    this.#planSweep();
  }

  stop(): void {
    this.#stopped = true;
    this.#sweep?.();
    this.#queue.stop();
  }

  package(batch: Hex32, epoch: number): Uint8Array | undefined {
    return this.#deps.kv.get(TABLES.packages, packageKey(batch, epoch));
  }

  /** Earlier packages of the same place for which this node signed. */
  aside(batch: Hex32, epoch: number): readonly Uint8Array[] {
    return asideOf(this.#deps.kv.get(TABLES.packages, asideKey(batch, epoch)));
  }

  /** Whether bytes of this blob should lie here: a package names it. */
  names(id: Hex32): boolean {
    return this.batchesOf(id).length > 0;
  }

  /** Batches of this node that name the blob. */
  batchesOf(id: Hex32): readonly Hex32[] {
    return ownersOf(this.#deps.kv.get(TABLES.blobBatches, fromHex(id)));
  }

  pendingOf(author: Hex32): PendingSum {
    return this.#pending.sumOf(author);
  }

  unsettled(): readonly { readonly batch: Hex32; readonly epoch: number }[] {
    return [...this.#unsettled.values()];
  }

  get pendingCount(): number {
    return this.#pending.count;
  }

  /** Blobs with these ids are not destroyed until `unpin`. Answers which of them are not here. */
  pin(ids: readonly Hex32[], done: (missing: readonly Hex32[]) => void): void {
    this.#unnamed.pin(ids, done);
  }

  unpin(ids: readonly Hex32[]): void {
    this.#unnamed.unpin(ids);
  }

  /** Blobs that no package names yet, durable at `done`. `CUSTODY_BUSY` when too many wait; else as `Vault.write`. */
  takeBlobs(blobs: ReadonlyMap<Hex32, Uint8Array>, done: Done): void {
    this.#unnamed.take(blobs, done);
  }

  /** Of these blobs those that came and that nothing names are destroyed now, not when they have waited long enough. */
  giveUp(ids: readonly Hex32[]): void {
    this.#unnamed.giveUp(ids);
  }

  /** Destroys what was given up. `done` with whether all of it is gone: a pin, or a disk that fails, may keep some. */
  destroyGivenUp(done: (isGone: boolean) => void): void {
    this.#unnamed.destroyGivenUp(done);
  }

  /** Durable at `done`. Its blobs are pinned and here. */
  keep({ content, bytes, pending, aside = false }: NewPackage, done: Done): void {
    this.#queue.enqueue((next) => {
      const { batch, epoch, author } = content;
      const ids = blobIds(content);
      const finish: Done = (error) => {
        next();
        done(error);
      };
      const owners = ids.map((id) => [id, withBatch(this.batchesOf(id), batch)] as const);
      if (owners.some(([, batches]) => batches.length > BATCHES_PER_BLOB_MAX))
        return finish(new ConsiliumError('CUSTODY_PACKAGE_INVALID', { rule: 'blob of many batches' }));
      const timeMs = this.#deps.clock.wallMs();
      const writes: KvWrite[] = [
        packageRow(batch, epoch, bytes),
        pendingRow(batch, epoch, pending === null ? null : timeMs),
        ...(aside ? this.#asideWrites(batch, epoch, bytes) : []),
        ...owners.map(([id, batches]) => ownersRow(id, batches)),
        ...ids.map((id) => looseRow(id, null)),
      ];
      this.#write(writes, (error) => {
        if (error !== undefined) return finish(error);
        this.#unnamed.named(ids);
        const entry = { batch, epoch, author, bytes: bytes.length + blobBytes(content), timeMs };
        if (pending === 'registration') this.#pending.add(entry);
        if (pending === 'confirmation') this.#unsettled.set(nameOf(batch, epoch), { batch, epoch });
        this.#planSweep();
        finish();
      });
    });
  }

  /** The ledger holds the batch: its packages stay. */
  registered(batch: Hex32): void {
    const waiting = this.#pending.all().filter((each) => each.batch === batch);
    for (const { epoch } of waiting) {
      this.#pending.drop(batch, epoch);
      this.#queue.enqueue((next) => this.#write([pendingRow(batch, epoch, null)], () => next()));
    }
  }

  /** A package of an epoch that serves no longer. Its blobs are those of the next one, and stay. */
  drop(batch: Hex32, epoch: number, done: Done): void {
    this.#queue.enqueue((next) => {
      this.#write(placeRows(batch, epoch, null), (error) => {
        this.#pending.drop(batch, epoch);
        this.#unsettled.delete(nameOf(batch, epoch));
        next();
        done(error);
      });
    });
  }

  /** This node is a custodian of the batch no longer, since `epoch` serves: nothing of it stays, the ciphertext neither. */
  leave(batch: Hex32, epoch: number): void {
    this.rewrite(
      batch,
      epoch + 1,
      () => null,
      (failed) => {
        if (failed !== undefined) return;
        for (let each = 0; each <= epoch; each += 1) this.drop(batch, each, () => undefined);
        this.destroyGivenUp(() => undefined);
      },
    );
  }

  /**
   * The ledger has decided which package of this place it is: that one stands alone from now on. `done` with whether this
   * node has made it; else nothing stands.
   */
  settle(
    batch: Hex32,
    epoch: number,
    isRight: (bytes: Uint8Array) => boolean,
    done: (isHeld: boolean) => void,
  ): void {
    this.#queue.enqueue((next) => {
      const present = this.package(batch, epoch);
      const all = [...(present === undefined ? [] : [present]), ...this.aside(batch, epoch)];
      const right = all.find(isRight);
      this.#write(placeRows(batch, epoch, right ?? null), () => {
        this.#unsettled.delete(nameOf(batch, epoch));
        next();
        done(right !== undefined);
      });
    });
  }

  /**
   * Every package of the batch, of so many epochs from the first, as `without` gives it; null: it goes. Blobs that none of
   * them names any more are given up. Durable at `done`.
   */
  rewrite(batch: Hex32, epochs: number, without: (bytes: Uint8Array) => Uint8Array | null, done: Done): void {
    this.#queue.enqueue((next) => {
      const { rows, lengths, named } = rewritePackages(this, { batch, epochs, without });
      const left = new Map([...lengths].filter(([id]) => !named.has(id)));
      const { writes, orphans } = this.#withoutOwner(batch, left);
      this.#write([...rows, ...writes], (error) => {
        if (error === undefined) this.#unnamed.givenUp(orphans);
        next();
        done(error);
      });
    });
  }

  /**
   * Writes all rows of the batch's packages once more as they stand, also those that are gone: what the store merges then
   * holds one version of each.
   */
  touch(batch: Hex32, epochs: number, done: Done): void {
    this.#queue.enqueue((next) => {
      const rows = Array.from({ length: epochs }, (_, epoch) => [
        packageRow(batch, epoch, this.package(batch, epoch) ?? null),
        asideRow(batch, epoch, this.aside(batch, epoch)),
      ]);
      this.#write(rows.flat(), (error) => {
        next();
        done(error);
      });
    });
  }

  /** Packages without a registration in which one of these records lies: there will be none. */
  expireWith(records: ReadonlySet<Hex32>): void {
    for (const each of this.#pending.all()) {
      const content = storedPackage(this.package(each.batch, each.epoch));
      if (content?.records.some(({ commitment }) => records.has(commitment)) === true) this.#expire(each);
    }
  }

  #asideWrites(batch: Hex32, epoch: number, bytes: Uint8Array): readonly KvWrite[] {
    const known = this.aside(batch, epoch);
    const present = this.package(batch, epoch);
    const isNew = present !== undefined && ![...known, bytes].some((each) => equalBytes(each, present));
    return isNew ? [asideRow(batch, epoch, [...known, present])] : [];
  }

  #found(key: Uint8Array, value: Uint8Array): void {
    const { batch, epoch } = placeOfKey(key);
    const bytes = this.package(batch, epoch);
    const content = storedPackage(bytes);
    if (bytes === undefined || content === undefined) return;
    if (content.dealings[0]?.dealer !== 0) {
      this.#unsettled.set(nameOf(batch, epoch), { batch, epoch });
      return;
    }
    const sum = bytes.length + blobBytes(content);
    const timeMs = pendingTimeOf(value);
    this.#pending.add({ batch, epoch, author: content.author, bytes: sum, timeMs });
    if (this.#deps.isRegistered(batch)) this.registered(batch);
  }

  #planSweep(): void {
    if (this.#sweep !== undefined || this.#pending.count + this.#unnamed.count === 0) return;
    this.#sweep = this.#deps.clock.after(CUSTODY_SWEEP_MS, () => {
      this.#sweep = undefined;
      const before = this.#deps.clock.wallMs() - CUSTODY_EXPIRY_MS;
      for (const each of this.#pending.all()) if (each.timeMs <= before) this.#expire(each);
      this.#unnamed.destroyBefore(before);
      this.#planSweep();
    });
  }

  /** First its blobs become loose ones of long ago: whatever happens, they are found and destroyed. */
  #expire({ batch, epoch }: Pending): void {
    this.#queue.enqueue((next) => {
      const bytes = this.package(batch, epoch);
      if (this.#deps.isRegistered(batch)) this.registered(batch);
      const content = storedPackage(bytes);
      if (!this.#pending.has(batch, epoch) || content === undefined) return next();
      // The same batch may be sealed for another epoch as well.
      const isLast = this.#pending.all().every((each) => each.batch !== batch || each.epoch === epoch);
      const named: ReadonlyMap<Hex32, number> = isLast ? blobLengths(content) : new Map();
      const { writes, orphans } = this.#withoutOwner(batch, named);
      this.#write([packageRow(batch, epoch, null), pendingRow(batch, epoch, null), ...writes], (error) => {
        if (error === undefined) {
          this.#pending.drop(batch, epoch);
          this.#unnamed.givenUp(orphans);
          this.destroyGivenUp(() => undefined);
        }
        next();
      });
    });
  }

  /** What is written when the batch names these blobs no longer, and those that nothing names then. */
  #withoutOwner(
    batch: Hex32,
    lengths: ReadonlyMap<Hex32, number>,
  ): { readonly writes: readonly KvWrite[]; readonly orphans: ReadonlyMap<Hex32, number> } {
    const left = [...lengths.keys()].map((id) => [id, withoutBatch(this.batchesOf(id), batch)] as const);
    const gone = new Set(left.filter(([, batches]) => batches.length === 0).map(([id]) => id));
    const orphans = new Map([...lengths].filter(([id]) => gone.has(id)));
    const rows = left.map(([id, batches]) => ownersRow(id, batches));
    return { writes: [...rows, ...this.#unnamed.rowsOfGivenUp(orphans)], orphans };
  }

  #write(writes: readonly KvWrite[], done: (error?: ConsiliumError) => void): void {
    if (this.#stopped) return;
    if (writes.length === 0) return done();
    this.#deps.kv.write(writes, done);
  }
}

/** What stands in a place from now on: this package alone, or nothing. */
function placeRows(batch: Hex32, epoch: number, bytes: Uint8Array | null): readonly KvWrite[] {
  return [packageRow(batch, epoch, bytes), asideRow(batch, epoch, []), pendingRow(batch, epoch, null)];
}

function withBatch(batches: readonly Hex32[], batch: Hex32): readonly Hex32[] {
  return batches.includes(batch) ? batches : [...batches, batch];
}

function withoutBatch(batches: readonly Hex32[], batch: Hex32): readonly Hex32[] {
  return batches.filter((each) => each !== batch);
}
