// Owns: a store with atomic synced batches: a batch under way at a power cut is there wholly or not at all, and a later
// one is never there without the earlier. Damage is noticed when the store is opened, as the daemon's looks at its files.
import { ConsiliumError, type ErrorCode } from '@consilium/core';
import type { Done, Kv, KvWrite } from '@consilium/node/replica';
import type { Life } from './life.ts';
import { type Effect, type PersistenceWatch, tellUnderWay, UNWATCHED } from './persistence.ts';
import type { Prng } from './prng.ts';
import { type DiskFault, type DiskTimes, GOOD_DISK } from './sim-disk.ts';

export interface Row {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

interface Batch {
  readonly life: Life;
  readonly writes: readonly KvWrite[];
  readonly done: Done;
  /** Why it will not be there, if so. */
  readonly refusal: () => ErrorCode | undefined;
}

export interface SimKv {
  open(life: Life): Kv;
  /** The process died: batches that had reached the system may still land. Call after its life has ended. */
  crash(): void;
  wipe(): void;
  /** Reads for checkers, whoever is alive. */
  readonly reader: Pick<Kv, 'get'>;
  /** In the order of the keys, as a store lists them. */
  rowsOf(table: number): readonly Row[];
  setFault(fault: DiskFault): void;
  /** Something in its files is not as it was written, while nobody uses it. False: there is nothing in it. */
  damage(): boolean;
  /** Who finds it so may not open it. */
  readonly isDamaged: boolean;
  copy(): KvCopy;
  restore(copy: KvCopy): void;
}

/** What is in a store at one moment. */
export interface KvCopy {
  readonly rows: ReadonlyMap<string, Uint8Array>;
  readonly isDamaged: boolean;
}

export function createSimKv(prng: Prng, times: DiskTimes, watch: PersistenceWatch = UNWATCHED): SimKv {
  return new Rows(prng, times, watch);
}

class Rows implements SimKv {
  readonly #prng: Prng;
  readonly #times: DiskTimes;
  readonly #watch: PersistenceWatch;
  #rows = new Map<string, Uint8Array>();
  #underWay: Batch[] = [];
  #fault = GOOD_DISK;
  #isDamaged = false;

  readonly reader: Pick<Kv, 'get'> = { get: (table, key) => this.#rows.get(rowName(table, key)) };

  constructor(prng: Prng, times: DiskTimes, watch: PersistenceWatch) {
    this.#prng = prng;
    this.#times = times;
    this.#watch = watch;
  }

  get isDamaged(): boolean {
    return this.#isDamaged;
  }

  open(life: Life): Kv {
    // After one batch failed the next ones fail with it: they were made on top of it.
    let failure: ErrorCode | undefined;
    const refusal = (): ErrorCode | undefined => {
      failure ??= refusalOf(this.#fault);
      return failure;
    };
    return {
      ...this.reader,
      write: (writes, done) => {
        this.#watch.hook?.('asked', { kind: 'batch', writes });
        if (!life.isAlive()) return;
        this.#underWay.push({ life, writes, done, refusal });
        if (this.#underWay.length === 1) this.#syncFirst();
      },
    };
  }

  crash(): void {
    const landed = this.#underWay.slice(0, this.#prng.between(0, this.#underWay.length));
    this.#underWay = [];
    for (const batch of landed) if (batch.refusal() === undefined) this.#apply(batch);
  }

  wipe(): void {
    this.#rows.clear();
    this.#underWay = [];
    this.#isDamaged = false;
  }

  rowsOf(table: number): readonly Row[] {
    return [...this.#rows]
      .filter(([name]) => name.charCodeAt(0) === table)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => ({ key: keyOf(name), value }));
  }

  setFault(fault: DiskFault): void {
    this.#fault = fault;
  }

  damage(): boolean {
    this.#isDamaged ||= this.#rows.size > 0;
    return this.#isDamaged;
  }

  copy(): KvCopy {
    return { rows: new Map(this.#rows), isDamaged: this.#isDamaged };
  }

  restore({ rows, isDamaged }: KvCopy): void {
    this.#rows = new Map(rows);
    this.#underWay = [];
    this.#isDamaged = isDamaged;
  }

  #apply({ writes }: Batch): void {
    for (const { table, key, value } of writes) {
      if (value === null) this.#rows.delete(rowName(table, key));
      else this.#rows.set(rowName(table, key), value);
    }
  }

  /** One after the other: the next batch's sync begins when the one before it is durable. */
  #syncFirst(): void {
    const [batch] = this.#underWay;
    if (batch === undefined) return;
    const { life, done, writes, refusal } = batch;
    const effect: Effect = { kind: 'batch', writes };
    const tookUs = this.#fault.slowness * this.#prng.between(this.#times.syncUsMin, this.#times.syncUsMax);
    tellUnderWay(this.#watch, life, tookUs, effect);
    life.after(tookUs, () => {
      this.#underWay.shift();
      const refused = refusal();
      if (refused === undefined) this.#apply(batch);
      this.#syncFirst();
      if (refused !== undefined) return done(new ConsiliumError(refused));
      this.#watch.hook?.('durable', effect);
      if (life.isAlive()) done();
    });
  }
}

function refusalOf({ failing, full }: DiskFault): ErrorCode | undefined {
  if (failing) return 'STORE_FAILED';
  return full ? 'DISK_FULL' : undefined;
}

function rowName(table: number, key: Uint8Array): string {
  return String.fromCharCode(table) + Reflect.apply(String.fromCharCode, undefined, key);
}

function keyOf(name: string): Uint8Array {
  return Uint8Array.from({ length: name.length - 1 }, (_, at) => name.charCodeAt(at + 1));
}
