// Owns: a vault that forgets as real ones do: operations take effect one after the other; what was under way when its
// process or its machine died is there in a drawn part, and what was not begun is not. Blobs are found damaged or gone
// when they are read. Does not own: why a blob is kept (custody).
import { BLOB_BYTES_MAX, ConsiliumError, type Hex32, hashHex } from '@consilium/core';
import type { Done, Vault } from '@consilium/node/replica';
import type { Life } from './life.ts';
import type { Prng } from './prng.ts';
import type { DiskTimes, PersistenceHook } from './sim-disk.ts';

export interface SimVault {
  /** The vault as one run of the process sees it. */
  open(life: Life): Vault;
  /** The process or the machine died: call after its life has ended. */
  crash(): void;
  wipe(): void;
  /** The blob is found damaged at the next read, and is gone then. */
  damage(id: Hex32): void;
  setFault(fault: VaultFault): void;
  /** For checkers, whoever is alive: ids in the order in which they came. */
  ids(): readonly Hex32[];
  blob(id: Hex32): Uint8Array | undefined;
}

/** `failing`: writes and removals end in an error. `full`: writes do. `slowness`: times as long as usual. */
export interface VaultFault {
  readonly failing: boolean;
  readonly full: boolean;
  readonly slowness: number;
}

export const GOOD_VAULT: VaultFault = { failing: false, full: false, slowness: 1 };

const READ_US_MIN = 20;
const READ_US_MAX = 300;

/** `steps`: what it changes, one by one; a crash under way leaves any of them done. */
interface Operation {
  readonly life: Life;
  readonly isDurable: boolean;
  readonly steps: readonly (() => void)[];
  readonly done: () => void;
}

export function createSimVault(prng: Prng, times: DiskTimes, hook?: PersistenceHook): SimVault {
  return new Shelves(prng, times, hook);
}

class Shelves implements SimVault {
  readonly #prng: Prng;
  readonly #times: DiskTimes;
  readonly #hook: PersistenceHook | undefined;
  readonly #blobs = new Map<Hex32, Uint8Array>();
  readonly #damaged = new Set<Hex32>();
  #queue: Operation[] = [];
  #fault = GOOD_VAULT;

  constructor(prng: Prng, times: DiskTimes, hook: PersistenceHook | undefined) {
    this.#prng = prng;
    this.#times = times;
    this.#hook = hook;
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
        this.#enqueue({ life, isDurable: false, steps: [look], done: () => done(found) });
      },
      write: (blobs, done) => {
        const large = blobs.find(({ length }) => length > BLOB_BYTES_MAX);
        const refusal =
          large === undefined
            ? undefined
            : new ConsiliumError('ENCODING_TOO_LARGE', { bytes: large.length, bytesMax: BLOB_BYTES_MAX });
        const steps = blobs.map((bytes) => () => this.#store(bytes));
        this.#change(life, refusal === undefined ? steps : [], refusal ?? this.#writeFailure(), done);
      },
      remove: (ids, done) => {
        const failure = this.#fault.failing ? new ConsiliumError('DISK_FAILED') : undefined;
        const steps = ids.map((id) => () => this.#drop(id));
        this.#change(life, steps, failure, done);
      },
    };
  }

  crash(): void {
    const [first] = this.#queue;
    this.#queue = [];
    if (first?.isDurable !== true) return;
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

  setFault(fault: VaultFault): void {
    this.#fault = fault;
  }

  ids(): readonly Hex32[] {
    return [...this.#blobs.keys()];
  }

  blob(id: Hex32): Uint8Array | undefined {
    return this.#blobs.get(id);
  }

  #writeFailure(): ConsiliumError | undefined {
    if (this.#fault.failing) return new ConsiliumError('DISK_FAILED');
    return this.#fault.full ? new ConsiliumError('DISK_FULL') : undefined;
  }

  /** One that fails leaves a drawn part done. */
  #change(life: Life, steps: readonly (() => void)[], failure: ConsiliumError | undefined, done: Done): void {
    this.#hook?.('asked');
    if (!life.isAlive()) return;
    const kept = failure === undefined ? steps : steps.filter(() => this.#prng.chance(0.3));
    this.#enqueue({ life, isDurable: true, steps: kept, done: () => done(failure) });
  }

  #enqueue(operation: Operation): void {
    if (!operation.life.isAlive()) return;
    this.#queue.push(operation);
    if (this.#queue.length === 1) this.#begin();
  }

  #begin(): void {
    const [operation] = this.#queue;
    if (operation === undefined) return;
    const { life, isDurable, steps, done } = operation;
    const { syncUsMin, syncUsMax } = this.#times;
    const drawnUs = isDurable
      ? this.#prng.between(syncUsMin, syncUsMax)
      : this.#prng.between(READ_US_MIN, READ_US_MAX);
    const tookUs = this.#fault.slowness * drawnUs;
    if (isDurable && this.#hook !== undefined) life.after(tookUs / 2, () => this.#hook?.('under-way'));
    life.after(tookUs, () => {
      this.#queue.shift();
      for (const step of steps) step();
      this.#begin();
      if (isDurable) this.#hook?.('durable');
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
