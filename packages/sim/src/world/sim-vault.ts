// Owns: a vault that forgets as real ones do: operations take effect one after the other; what was under way when its
// process or its machine died is there in a drawn part, and what was not begun is not. Blobs are found damaged or gone
// when they are read. Does not own: why a blob is kept (custody).
import { BLOB_BYTES_MAX, ConsiliumError, type Hex32, hashHex } from '@consilium/core';
import type { Done, Vault } from '@consilium/node/replica';
import type { Life } from './life.ts';
import { type Effect, type PersistenceWatch, tellUnderWay, UNWATCHED } from './persistence.ts';
import type { Prng } from './prng.ts';
import { type DiskFault, type DiskTimes, GOOD_DISK } from './sim-disk.ts';

export interface SimVault {
  /** The vault as one run of the process sees it. */
  open(life: Life): Vault;
  /** The process or the machine died: call after its life has ended. */
  crash(): void;
  wipe(): void;
  /** The blob is found damaged at the next read, and is gone then. */
  damage(id: Hex32): void;
  setFault(fault: DiskFault): void;
  /** For checkers, whoever is alive: ids in the order in which they came. */
  ids(): readonly Hex32[];
  blob(id: Hex32): Uint8Array | undefined;
  copy(): VaultCopy;
  restore(copy: VaultCopy): void;
}

/** What is in a vault at one moment. */
export interface VaultCopy {
  readonly blobs: ReadonlyMap<Hex32, Uint8Array>;
  readonly damaged: ReadonlySet<Hex32>;
}

const READ_US_MIN = 20;
const READ_US_MAX = 300;

/** `steps`: what it changes, one by one; a crash under way leaves any of them done. */
interface Operation {
  readonly life: Life;
  /** undefined: it changes nothing. */
  readonly effect: Effect | undefined;
  readonly steps: readonly (() => void)[];
  readonly done: () => void;
}

export function createSimVault(prng: Prng, times: DiskTimes, watch: PersistenceWatch = UNWATCHED): SimVault {
  return new Shelves(prng, times, watch);
}

class Shelves implements SimVault {
  readonly #prng: Prng;
  readonly #times: DiskTimes;
  readonly #watch: PersistenceWatch;
  readonly #blobs = new Map<Hex32, Uint8Array>();
  readonly #damaged = new Set<Hex32>();
  #queue: Operation[] = [];
  #fault = GOOD_DISK;

  constructor(prng: Prng, times: DiskTimes, watch: PersistenceWatch) {
    this.#prng = prng;
    this.#times = times;
    this.#watch = watch;
  }

  open(life: Life): Vault {
    return {
      has: (id) => this.#blobs.has(id),
      read: (id, done) => {
        let found: Uint8Array | undefined;
        const look = (): void => {
          if (this.#damaged.has(id)) this.#drop(id);
          found = this.#blobs.get(id)?.slice();
        };
        this.#enqueue({ life, effect: undefined, steps: [look], done: () => done(found) });
      },
      write: (blobs, done) => {
        const large = blobs.find(({ length }) => length > BLOB_BYTES_MAX);
        const refusal =
          large === undefined
            ? undefined
            : new ConsiliumError('ENCODING_TOO_LARGE', { bytes: large.length, bytesMax: BLOB_BYTES_MAX });
        const steps = blobs.map((bytes) => () => this.#store(bytes));
        this.#change(
          life,
          'write',
          refusal === undefined ? steps : [],
          refusal ?? this.#writeFailure(),
          done,
        );
      },
      remove: (ids, done) => {
        const failure = this.#fault.failing ? new ConsiliumError('DISK_FAILED') : undefined;
        const steps = ids.map((id) => () => this.#drop(id));
        this.#change(life, 'remove', steps, failure, done);
      },
    };
  }

  crash(): void {
    const [first] = this.#queue;
    this.#queue = [];
    if (first?.effect === undefined) return;
    for (const step of first.steps) if (this.#prng.chance(0.5)) step();
  }

  wipe(): void {
    this.#queue = [];
    this.#blobs.clear();
    this.#damaged.clear();
  }

  damage(id: Hex32): void {
    if (this.#blobs.has(id)) this.#damaged.add(id);
  }

  setFault(fault: DiskFault): void {
    this.#fault = fault;
  }

  ids(): readonly Hex32[] {
    return [...this.#blobs.keys()];
  }

  blob(id: Hex32): Uint8Array | undefined {
    return this.#blobs.get(id);
  }

  copy(): VaultCopy {
    return { blobs: new Map(this.#blobs), damaged: new Set(this.#damaged) };
  }

  restore({ blobs, damaged }: VaultCopy): void {
    this.wipe();
    for (const [id, bytes] of blobs) this.#blobs.set(id, bytes);
    for (const id of damaged) this.#damaged.add(id);
  }

  #writeFailure(): ConsiliumError | undefined {
    if (this.#fault.failing) return new ConsiliumError('DISK_FAILED');
    return this.#fault.full ? new ConsiliumError('DISK_FULL') : undefined;
  }

  /** One that fails leaves a drawn part done. */
  #change(
    life: Life,
    change: 'write' | 'remove',
    steps: readonly (() => void)[],
    failure: ConsiliumError | undefined,
    done: Done,
  ): void {
    const effect: Effect = { kind: 'vault', change };
    this.#watch.hook?.('asked', effect);
    if (!life.isAlive()) return;
    const kept = failure === undefined ? steps : steps.filter(() => this.#prng.chance(0.3));
    this.#enqueue({ life, effect, steps: kept, done: () => done(failure) });
  }

  #enqueue(operation: Operation): void {
    if (!operation.life.isAlive()) return;
    this.#queue.push(operation);
    if (this.#queue.length === 1) this.#begin();
  }

  #begin(): void {
    const [operation] = this.#queue;
    if (operation === undefined) return;
    const { life, effect, steps, done } = operation;
    const { syncUsMin, syncUsMax } = this.#times;
    const drawnUs =
      effect !== undefined
        ? this.#prng.between(syncUsMin, syncUsMax)
        : this.#prng.between(READ_US_MIN, READ_US_MAX);
    const tookUs = this.#fault.slowness * drawnUs;
    if (effect !== undefined) tellUnderWay(this.#watch, life, tookUs, effect);
    life.after(tookUs, () => {
      this.#queue.shift();
      for (const step of steps) step();
      this.#begin();
      if (effect !== undefined) this.#watch.hook?.('durable', effect);
      if (life.isAlive()) done();
    });
  }

  #store(bytes: Uint8Array): void {
    const id = hashHex(bytes);
    if (!this.#blobs.has(id)) this.#blobs.set(id, bytes.slice());
  }

  #drop(id: Hex32): void {
    this.#blobs.delete(id);
    this.#damaged.delete(id);
  }
}
