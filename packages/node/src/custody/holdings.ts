// Owns: what this custodian holds: packages, the blobs that they name, which of both still wait for a registration, and
// their destruction. Every change is one task of one queue, so that no blob is destroyed that a package is about to name,
// and each blob of the vault stands in a row from which it will be found again. Does not own: whether to hold something.
import {
  byteString,
  ConsiliumError,
  type CustodyPackage,
  concat,
  decode,
  decodePackage,
  encode,
  equalBytes,
  fromHex,
  type Hex32,
  hex32,
  isConsiliumError,
  list,
  OBJECT_BYTES_MAX,
  PACKAGE_BYTES_MAX,
  type Shape,
  toHex,
  uint64Bytes,
  utf8,
} from '@consilium/core';
import {
  BATCHES_PER_BLOB_MAX,
  CUSTODY_EXPIRY_MS,
  CUSTODY_SWEEP_BLOBS_MAX,
  CUSTODY_SWEEP_MS,
  LOOSE_BLOBS_MAX,
  LOOSE_BYTES_MAX,
  PACKAGES_ASIDE_MAX,
} from '../limits.ts';
import type { Cancel, Clock, Done, Kv, KvWrite, Vault } from '../ports.ts';
import { TaskQueue } from '../replica/task-queue.ts';
import { TABLES } from '../tables.ts';

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

interface Pending {
  readonly batch: Hex32;
  readonly epoch: number;
  readonly author: Hex32;
  readonly bytes: number;
  readonly timeMs: number;
}

interface Loose {
  readonly timeMs: number;
  readonly bytes: number;
}

export interface PendingSum {
  readonly batches: number;
  readonly bytes: number;
}

const packagesShape: Shape<readonly Uint8Array[]> = list(
  byteString(PACKAGE_BYTES_MAX),
  PACKAGES_ASIDE_MAX,
  1,
);
const batchesShape: Shape<readonly Hex32[]> = list(hex32, BATCHES_PER_BLOB_MAX, 1);

export class Holdings {
  readonly #deps: HoldingsDeps;
  readonly #queue = new TaskQueue(() => undefined);
  readonly #pending = new Map<string, Pending>();
  /** Packages of which the ledger has not said whether they serve. */
  readonly #unsettled = new Map<string, { readonly batch: Hex32; readonly epoch: number }>();
  readonly #loose = new Map<Hex32, Loose>();
  readonly #pins = new Map<Hex32, number>();
  readonly #sums = new Map<Hex32, PendingSum>();
  #looseBytes = 0;
  #sweep: Cancel | undefined;
  #stopped = false;

  constructor(deps: HoldingsDeps) {
    this.#deps = deps;
  }

  start({ pending, loose }: FoundRows): void {
    for (const { key, value } of pending) this.#found(key, value);
    for (const { key, value } of loose)
      this.#addLoose(toHex(key), { timeMs: numberAt(value, 0), bytes: numberAt(value, 8) });
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
    const value = this.#deps.kv.get(TABLES.packages, asideKey(batch, epoch));
    return value === undefined ? [] : decode(packagesShape, value, PACKAGES_ASIDE_MAX * OBJECT_BYTES_MAX);
  }

  /** Whether bytes of this blob should lie here: a package names it. */
  names(id: Hex32): boolean {
    return this.batchesOf(id).length > 0;
  }

  /** Batches of this node that name the blob. */
  batchesOf(id: Hex32): readonly Hex32[] {
    const value = this.#deps.kv.get(TABLES.blobBatches, fromHex(id));
    return value === undefined ? [] : decode(batchesShape, value, OBJECT_BYTES_MAX);
  }

  pendingOf(author: Hex32): PendingSum {
    return this.#sums.get(author) ?? { batches: 0, bytes: 0 };
  }

  unsettled(): readonly { readonly batch: Hex32; readonly epoch: number }[] {
    return [...this.#unsettled.values()];
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  /** Blobs with these ids are not destroyed until `unpin`. Answers which of them are not here. */
  pin(ids: readonly Hex32[], done: (missing: readonly Hex32[]) => void): void {
    this.#queue.enqueue((next) => {
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

  /** Blobs that no package names yet, durable at `done`. `CUSTODY_BUSY` when too many wait; else as `Vault.write`. */
  takeBlobs(blobs: ReadonlyMap<Hex32, Uint8Array>, done: Done): void {
    this.#queue.enqueue((next) => {
      const finish: Done = (error) => {
        next();
        done(error);
      };
      const fresh = [...blobs].filter(([id]) => !this.#loose.has(id) && !this.names(id));
      const bytes = fresh.reduce((sum, [, blob]) => sum + blob.length, 0);
      const isTooMuch = this.#looseBytes + bytes > LOOSE_BYTES_MAX;
      if (isTooMuch || this.#loose.size + fresh.length > LOOSE_BLOBS_MAX)
        return finish(new ConsiliumError('CUSTODY_BUSY', { rule: 'blobs' }));
      const timeMs = this.#deps.clock.wallMs();
      // Before the bytes: what lies in the vault must be found again.
      this.#write(
        fresh.map(([id, blob]) => looseRow(id, { timeMs, bytes: blob.length })),
        (error) => {
          if (error !== undefined) return finish(error);
          for (const [id, blob] of fresh) this.#addLoose(id, { timeMs, bytes: blob.length });
          this.#planSweep();
          this.#deps.vault.write([...blobs.values()], finish);
        },
      );
    });
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
      const key = packageKey(batch, epoch);
      const writes: KvWrite[] = [
        { table: TABLES.packages, key, value: bytes },
        { table: TABLES.pendingBatches, key, value: pending === null ? null : uint64Bytes(timeMs) },
        ...(aside ? this.#asideWrites(batch, epoch, bytes) : []),
        ...owners.map(([id, batches]) => ownersRow(id, batches)),
        ...ids.map((id) => ({ table: TABLES.looseBlobs, key: fromHex(id), value: null })),
      ];
      this.#write(writes, (error) => {
        if (error !== undefined) return finish(error);
        for (const id of ids) this.#dropLoose(id);
        const entry = { batch, epoch, author, bytes: bytes.length + blobBytes(content), timeMs };
        if (pending === 'registration') this.#addPending(entry);
        if (pending === 'confirmation') this.#unsettled.set(nameOf(batch, epoch), { batch, epoch });
        this.#planSweep();
        finish();
      });
    });
  }

  /** The ledger holds the batch: its packages stay. */
  registered(batch: Hex32): void {
    const waiting = [...this.#pending.values()].filter((each) => each.batch === batch);
    for (const { epoch } of waiting) {
      this.#dropPending(nameOf(batch, epoch));
      const row = { table: TABLES.pendingBatches, key: packageKey(batch, epoch), value: null };
      this.#queue.enqueue((next) => this.#write([row], () => next()));
    }
  }

  /** A package of an epoch that serves no longer. Its blobs are those of the next one, and stay. */
  drop(batch: Hex32, epoch: number, done: Done): void {
    const key = packageKey(batch, epoch);
    this.#queue.enqueue((next) => {
      const writes = [
        { table: TABLES.packages, key, value: null },
        { table: TABLES.packages, key: asideKey(batch, epoch), value: null },
        { table: TABLES.pendingBatches, key, value: null },
      ];
      this.#write(writes, (error) => {
        this.#dropPending(nameOf(batch, epoch));
        this.#unsettled.delete(nameOf(batch, epoch));
        next();
        done(error);
      });
    });
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
      const rows = [
        { table: TABLES.packages, key: packageKey(batch, epoch), value: right ?? null },
        { table: TABLES.packages, key: asideKey(batch, epoch), value: null },
        { table: TABLES.pendingBatches, key: packageKey(batch, epoch), value: null },
      ];
      this.#write(rows, () => {
        this.#unsettled.delete(nameOf(batch, epoch));
        next();
        done(right !== undefined);
      });
    });
  }

  #asideWrites(batch: Hex32, epoch: number, bytes: Uint8Array): readonly KvWrite[] {
    const known = this.aside(batch, epoch);
    const present = this.package(batch, epoch);
    const isNew = present !== undefined && ![...known, bytes].some((each) => equalBytes(each, present));
    if (!isNew) return [];
    const value = encode(packagesShape, [...known, present].slice(-PACKAGES_ASIDE_MAX));
    return [{ table: TABLES.packages, key: asideKey(batch, epoch), value }];
  }

  #found(key: Uint8Array, value: Uint8Array): void {
    const batch = toHex(key.subarray(0, 32));
    const epoch = numberAt(key, 32);
    const bytes = this.package(batch, epoch);
    const content = storedPackage(bytes);
    if (bytes === undefined || content === undefined) return;
    if (content.dealings[0]?.dealer !== 0) {
      this.#unsettled.set(nameOf(batch, epoch), { batch, epoch });
      return;
    }
    const sum = bytes.length + blobBytes(content);
    const timeMs = numberAt(value, 0);
    this.#addPending({ batch, epoch, author: content.author, bytes: sum, timeMs });
    if (this.#deps.isRegistered(batch)) this.registered(batch);
  }

  #addLoose(id: Hex32, loose: Loose): void {
    this.#dropLoose(id);
    this.#loose.set(id, loose);
    this.#looseBytes += loose.bytes;
  }

  #dropLoose(id: Hex32): void {
    this.#looseBytes -= this.#loose.get(id)?.bytes ?? 0;
    this.#loose.delete(id);
  }

  #addPending(entry: Pending): void {
    const name = nameOf(entry.batch, entry.epoch);
    this.#dropPending(name);
    this.#pending.set(name, entry);
    this.#sum(entry, 1);
  }

  #dropPending(name: string): void {
    const entry = this.#pending.get(name);
    if (entry !== undefined) this.#sum(entry, -1);
    this.#pending.delete(name);
  }

  #sum({ author, bytes }: Pending, sign: 1 | -1): void {
    const sum = this.pendingOf(author);
    const next = { batches: sum.batches + sign, bytes: sum.bytes + sign * bytes };
    if (next.batches === 0) this.#sums.delete(author);
    else this.#sums.set(author, next);
  }

  #planSweep(): void {
    if (this.#sweep !== undefined || this.#pending.size + this.#loose.size === 0) return;
    this.#sweep = this.#deps.clock.after(CUSTODY_SWEEP_MS, () => {
      this.#sweep = undefined;
      const before = this.#deps.clock.wallMs() - CUSTODY_EXPIRY_MS;
      for (const each of this.#pending.values()) if (each.timeMs <= before) this.#expire(each);
      this.#queue.enqueue((next) => this.#destroyLoose(before, next));
      this.#planSweep();
    });
  }

  /** First its blobs become loose ones of long ago: whatever happens, they are found and destroyed. */
  #expire({ batch, epoch }: Pending): void {
    this.#queue.enqueue((next) => {
      const bytes = this.package(batch, epoch);
      if (this.#deps.isRegistered(batch)) this.registered(batch);
      const content = storedPackage(bytes);
      if (!this.#pending.has(nameOf(batch, epoch)) || content === undefined) return next();
      const key = packageKey(batch, epoch);
      // The same batch may be sealed for another epoch as well.
      const isLast = [...this.#pending.values()].every(
        (each) => each.batch !== batch || each.epoch === epoch,
      );
      const named = isLast ? blobIds(content) : [];
      const left = named.map((id) => [id, withoutBatch(this.batchesOf(id), batch)] as const);
      const orphans = left.filter(([, batches]) => batches.length === 0).map(([id]) => id);
      const lengths = new Map(
        content.records.flatMap(({ chunks }) => chunks.map((each) => [each.id, each.bytes])),
      );
      const looseOf = (id: Hex32): Loose => ({ timeMs: 0, bytes: lengths.get(id) ?? 0 });
      const writes: KvWrite[] = [
        { table: TABLES.packages, key, value: null },
        { table: TABLES.pendingBatches, key, value: null },
        ...left.map(([id, batches]) => ownersRow(id, batches)),
        ...orphans.map((id) => looseRow(id, looseOf(id))),
      ];
      this.#write(writes, (error) => {
        if (error === undefined) {
          this.#dropPending(nameOf(batch, epoch));
          for (const id of orphans) this.#addLoose(id, looseOf(id));
          this.#queue.enqueue((after) => this.#destroyLoose(0, after));
        }
        next();
      });
    });
  }

  #destroyLoose(before: number, next: () => void): void {
    const due = [...this.#loose]
      .filter(([id, { timeMs }]) => timeMs <= before && !this.#pins.has(id))
      .slice(0, CUSTODY_SWEEP_BLOBS_MAX)
      .map(([id]) => id);
    if (due.length === 0) return next();
    this.#deps.vault.remove(due, (failed) => {
      if (failed !== undefined) return next();
      const rows = due.map((id) => ({ table: TABLES.looseBlobs, key: fromHex(id), value: null }));
      this.#write(rows, (error) => {
        if (error === undefined) for (const id of due) this.#dropLoose(id);
        next();
        if (error === undefined) this.#queue.enqueue((after) => this.#destroyLoose(before, after));
      });
    });
  }

  #write(writes: readonly KvWrite[], done: (error?: ConsiliumError) => void): void {
    if (this.#stopped) return;
    if (writes.length === 0) return done();
    this.#deps.kv.write(writes, done);
  }
}

/** undefined: none, or a row that is damaged, which is as good as none. */
export function storedPackage(bytes: Uint8Array | undefined): CustodyPackage | undefined {
  try {
    return bytes === undefined ? undefined : decodePackage(bytes);
  } catch (error) {
    if (isConsiliumError(error)) return undefined;
    throw error;
  }
}

/** Each id once, in the order of the records. */
export function blobIds({ records }: Pick<CustodyPackage, 'records'>): readonly Hex32[] {
  return [...new Set(records.flatMap(({ chunks }) => chunks.map(({ id }) => id)))];
}

export function blobBytes({ records }: CustodyPackage): number {
  return records.flatMap(({ chunks }) => chunks).reduce((sum, { bytes }) => sum + bytes, 0);
}

export function packageKey(batch: Hex32, epoch: number): Uint8Array {
  return concat(fromHex(batch), uint64Bytes(epoch));
}

function asideKey(batch: Hex32, epoch: number): Uint8Array {
  return concat(packageKey(batch, epoch), utf8('aside'));
}

export function nameOf(batch: Hex32, epoch: number): string {
  return `${batch}/${epoch}`;
}

function numberAt(bytes: Uint8Array, offset: number): number {
  return Number(new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getBigUint64(offset));
}

function looseRow(id: Hex32, { timeMs, bytes }: Loose): KvWrite {
  const value = concat(uint64Bytes(timeMs), uint64Bytes(bytes));
  return { table: TABLES.looseBlobs, key: fromHex(id), value };
}

function ownersRow(id: Hex32, batches: readonly Hex32[]): KvWrite {
  const value = batches.length === 0 ? null : encode(batchesShape, batches.slice(0, BATCHES_PER_BLOB_MAX));
  return { table: TABLES.blobBatches, key: fromHex(id), value };
}

function withBatch(batches: readonly Hex32[], batch: Hex32): readonly Hex32[] {
  return batches.includes(batch) ? batches : [...batches, batch];
}

function withoutBatch(batches: readonly Hex32[], batch: Hex32): readonly Hex32[] {
  return batches.filter((each) => each !== batch);
}
