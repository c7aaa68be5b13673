// Owns: a disk that forgets and fails as real ones do. What a process wrote is visible to it at once and survives its own
// death; a power cut keeps what was synced, a drawn prefix of what was not, and may tear the last write that it keeps.
import { ConsiliumError } from '@consilium/core';
import type { Disk, Done } from '@consilium/node/replica';
import { createGrowingBytes, type GrowingBytes } from './growing-bytes.ts';
import type { Life } from './life.ts';
import { type Effect, type PersistenceWatch, tellUnderWay, UNWATCHED } from './persistence.ts';
import type { Prng } from './prng.ts';

type WriteOperation = { readonly kind: 'write'; readonly offset: number; readonly bytes: Uint8Array };
type Operation = WriteOperation | { readonly kind: 'truncate'; readonly length: number };

interface File {
  /** What a process reads now. */
  content: GrowingBytes;
  /** What is on the platter for certain, and what was done on top of it. */
  readonly durable: GrowingBytes;
  unsynced: Operation[];
  /** Operations ever done, and how many of them are durable. */
  doneCount: number;
  durableCount: number;
  /** Whether the folder entry is durable. */
  listed: boolean;
  /** Written since a sync was asked for last; for who watches. */
  unasked: Uint8Array[];
}

/** What is on a disk at one moment: for a copy that is brought back later. */
export type DiskCopy = ReadonlyMap<string, Uint8Array>;

export interface SimDisk {
  /** The disk as one run of the process sees it. */
  open(life: Life): Disk;
  /**
   * The machine loses power: call after the process's life has ended. `tear`: the last write that is kept of each file is
   * torn, if any was not durable.
   */
  losePower(tear?: boolean): void;
  /** Everything written so far is durable: for what was done before a run begins. */
  settle(): void;
  /** Every file is gone. */
  wipe(): void;
  setFault(fault: DiskFault): void;
  names(): readonly string[];
  // What happens to a file while nobody uses it. False: there is nothing of it to lose.
  flipBit(name: string): boolean;
  cut(name: string): boolean;
  remove(name: string): boolean;
  copy(): DiskCopy;
  restore(copy: DiskCopy): void;
}

/**
 * `failing`: syncs end in an error and make nothing durable. `full`: files do not grow. `slowness`: syncs take so many
 * times as long as usual.
 */
export interface DiskFault {
  readonly failing: boolean;
  readonly full: boolean;
  readonly slowness: number;
}

export const GOOD_DISK: DiskFault = { failing: false, full: false, slowness: 1 };

export interface DiskTimes {
  readonly syncUsMin: number;
  readonly syncUsMax: number;
}

export function createSimDisk(prng: Prng, times: DiskTimes, watch: PersistenceWatch = UNWATCHED): SimDisk {
  return new Platter(prng, times, watch);
}

class Platter implements SimDisk {
  readonly #prng: Prng;
  readonly #times: DiskTimes;
  readonly #watch: PersistenceWatch;
  readonly #files = new Map<string, File>();
  #fault = GOOD_DISK;

  constructor(prng: Prng, times: DiskTimes, watch: PersistenceWatch) {
    this.#prng = prng;
    this.#times = times;
    this.#watch = watch;
  }

  open(life: Life): Disk {
    /** Files of which an operation failed in this life: nothing more is done to them. */
    const failed = new Set<string>();
    const write = (name: string, operationOn: (file: File) => Operation): void => {
      // What a process still does in the turn in which it dies reaches no disk.
      if (!life.isAlive() || failed.has(name)) return;
      const file = fileOf(this.#files, name);
      const operation = operationOn(file);
      if (this.#watch.hook !== undefined && operation.kind === 'write') file.unasked.push(operation.bytes);
      if (this.#fault.full && grows(file, operation)) {
        failed.add(name);
        change(file, torn(operation, this.#prng));
      } else change(file, operation);
    };
    return {
      read: (name) => this.#files.get(name)?.content.copy(),
      append: (name, bytes) =>
        write(name, ({ content }) => ({ kind: 'write', offset: content.length(), bytes: bytes.slice() })),
      writeAt: (name, offset, bytes) => write(name, () => ({ kind: 'write', offset, bytes: bytes.slice() })),
      truncate: (name, length) => write(name, () => ({ kind: 'truncate', length })),
      sync: (name, done) => this.#sync(life, name, () => failed.has(name), done),
    };
  }

  #sync(life: Life, name: string, hasFailed: () => boolean, done: Done): void {
    const file = fileOf(this.#files, name);
    const effect: Effect = { kind: 'file', name, written: file.unasked };
    file.unasked = [];
    this.#watch.hook?.('asked', effect);
    if (!life.isAlive()) return;
    const covered = file.doneCount;
    const { failing, slowness } = this.#fault;
    const refused = hasFailed() ? 'DISK_FULL' : failing ? 'DISK_FAILED' : undefined;
    const tookUs = slowness * this.#prng.between(this.#times.syncUsMin, this.#times.syncUsMax);
    tellUnderWay(this.#watch, life, tookUs, effect);
    life.after(tookUs, () => {
      if (refused !== undefined) return done(new ConsiliumError(refused));
      makeDurable(file, covered);
      this.#watch.hook?.('durable', effect);
      if (life.isAlive()) done();
    });
  }

  losePower(tear = false): void {
    for (const [name, file] of this.#files) {
      if (!file.listed && this.#prng.chance(0.5)) this.#files.delete(name);
      else lose(file, this.#prng, tear);
    }
  }

  settle(): void {
    for (const file of this.#files.values()) makeDurable(file, file.doneCount);
  }

  wipe(): void {
    this.#files.clear();
  }

  setFault(fault: DiskFault): void {
    this.#fault = fault;
  }

  names(): readonly string[] {
    return [...this.#files.keys()];
  }

  flipBit(name: string): boolean {
    return this.#damage(name, (bytes) => {
      const place = this.#prng.below(bytes.length);
      bytes[place] = (bytes[place] as number) ^ (1 << this.#prng.below(8));
      return bytes;
    });
  }

  cut(name: string): boolean {
    return this.#damage(name, (bytes) => bytes.subarray(0, this.#prng.below(bytes.length)));
  }

  remove(name: string): boolean {
    return this.#files.delete(name);
  }

  copy(): DiskCopy {
    return new Map([...this.#files].map(([name, { content }]) => [name, content.copy()]));
  }

  restore(copy: DiskCopy): void {
    this.#files.clear();
    for (const [name, bytes] of copy) this.#files.set(name, fileWith(bytes));
  }

  #damage(name: string, harm: (bytes: Uint8Array) => Uint8Array): boolean {
    const bytes = this.#files.get(name)?.content.copy();
    if (bytes === undefined || bytes.length === 0) return false;
    this.#files.set(name, fileWith(harm(bytes)));
    return true;
  }
}

function grows({ content }: File, operation: Operation): operation is WriteOperation {
  return operation.kind === 'write' && operation.offset + operation.bytes.length > content.length();
}

function fileOf(files: Map<string, File>, name: string): File {
  const known = files.get(name);
  if (known !== undefined) return known;
  const file = newFile();
  files.set(name, file);
  return file;
}

function newFile(): File {
  return {
    content: createGrowingBytes(),
    durable: createGrowingBytes(),
    unsynced: [],
    doneCount: 0,
    durableCount: 0,
    listed: false,
    unasked: [],
  };
}

function fileWith(bytes: Uint8Array): File {
  const [content, durable] = [createGrowingBytes(bytes), createGrowingBytes(bytes)];
  return { ...newFile(), content, durable, listed: true };
}

function change(file: File, operation: Operation): void {
  apply(file.content, operation);
  file.unsynced.push(operation);
  file.doneCount += 1;
}

function apply(bytes: GrowingBytes, operation: Operation): void {
  if (operation.kind === 'truncate') bytes.truncate(operation.length);
  else bytes.write(operation.offset, operation.bytes);
}

/** What was done when a sync was asked for, and not what came while it ran; syncs may end in any order. */
function makeDurable(file: File, covered: number): void {
  const count = Math.max(0, covered - file.durableCount);
  for (const operation of file.unsynced.splice(0, count)) apply(file.durable, operation);
  file.durableCount += count;
  file.listed = true;
}

/** After a power cut: a prefix of the unsynced operations, the last of them perhaps torn. */
function lose(file: File, prng: Prng, tear: boolean): void {
  const kept = prng.between(tear ? Math.min(1, file.unsynced.length) : 0, file.unsynced.length);
  for (const [index, operation] of file.unsynced.slice(0, kept).entries()) {
    const isTorn = index === kept - 1 && operation.kind === 'write' && (tear || prng.chance(0.5));
    apply(file.durable, isTorn ? torn(operation, prng) : operation);
  }
  file.content = createGrowingBytes(file.durable.copy());
  file.unsynced = [];
  file.unasked = [];
  file.durableCount = file.doneCount;
  file.listed = true;
}

function torn(operation: WriteOperation, prng: Prng): Operation {
  return { ...operation, bytes: operation.bytes.subarray(0, prng.below(operation.bytes.length + 1)) };
}
