// Owns: a disk that forgets as real ones do. What a process wrote is visible to it at once and survives its own death;
// a power cut keeps what was synced, a drawn prefix of what was not, and may tear the last write that it keeps.
import { ConsiliumError } from '@consilium/core';
import type { Disk, Done } from '@consilium/node/replica';
import { createGrowingBytes, type GrowingBytes } from './growing-bytes.ts';
import type { Life } from './life.ts';
import type { Prng } from './prng.ts';

type Operation =
  | { readonly kind: 'write'; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly length: number };

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
}

export interface SimDisk {
  /** The disk as one run of the process sees it. */
  open(life: Life): Disk;
  /** The machine loses power: call after the process's life has ended. */
  losePower(): void;
  /** Everything written so far is durable: for what was done before a run begins. */
  settle(): void;
  /** Every file is gone. */
  wipe(): void;
  /** `failing`: syncs end in an error and make nothing durable. `slowness`: times as long as usual. */
  setFault(fault: DiskFault): void;
}

export interface DiskFault {
  readonly failing: boolean;
  readonly slowness: number;
}

export const GOOD_DISK: DiskFault = { failing: false, slowness: 1 };

/** A durable write as it goes: about to be asked for, on its way, durable and told to nobody yet. */
export type PersistencePhase = 'asked' | 'under-way' | 'durable';
/** For crash points: may end the life of the process that writes. */
export type PersistenceHook = (phase: PersistencePhase) => void;

export interface DiskTimes {
  readonly syncUsMin: number;
  readonly syncUsMax: number;
}

export function createSimDisk(prng: Prng, times: DiskTimes, hook?: PersistenceHook): SimDisk {
  const files = new Map<string, File>();
  let fault = GOOD_DISK;

  const sync = (life: Life, name: string, done: Done): void => {
    hook?.('asked');
    if (!life.isAlive()) return;
    const file = fileOf(files, name);
    const covered = file.doneCount;
    const { failing, slowness } = fault;
    const tookUs = slowness * prng.between(times.syncUsMin, times.syncUsMax);
    if (hook !== undefined) life.after(tookUs / 2, () => hook('under-way'));
    life.after(tookUs, () => {
      if (failing) return done(new ConsiliumError('DISK_FAILED'));
      makeDurable(file, covered);
      hook?.('durable');
      if (life.isAlive()) done();
    });
  };

  /** What a process still does in the turn in which it dies reaches no disk. */
  const write = (life: Life, name: string, operationOn: (file: File) => Operation): void => {
    if (!life.isAlive()) return;
    const file = fileOf(files, name);
    change(file, operationOn(file));
  };

  const open = (life: Life): Disk => ({
    read: (name) => files.get(name)?.content.copy(),
    append: (name, bytes) =>
      write(life, name, ({ content }) => ({ kind: 'write', offset: content.length(), bytes: bytes.slice() })),
    writeAt: (name, offset, bytes) =>
      write(life, name, () => ({ kind: 'write', offset, bytes: bytes.slice() })),
    truncate: (name, length) => write(life, name, () => ({ kind: 'truncate', length })),
    sync: (name, done) => sync(life, name, done),
  });

  const losePower = (): void => {
    for (const [name, file] of files) {
      if (!file.listed && prng.chance(0.5)) files.delete(name);
      else lose(file, prng);
    }
  };

  const setFault = (next: DiskFault): void => {
    fault = next;
  };

  const settleAll = (): void => {
    for (const file of files.values()) makeDurable(file, file.doneCount);
  };

  return { open, losePower, settle: settleAll, wipe: () => files.clear(), setFault };
}

function fileOf(files: Map<string, File>, name: string): File {
  const known = files.get(name);
  if (known !== undefined) return known;
  const file: File = {
    content: createGrowingBytes(),
    durable: createGrowingBytes(),
    unsynced: [],
    doneCount: 0,
    durableCount: 0,
    listed: false,
  };
  files.set(name, file);
  return file;
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
function lose(file: File, prng: Prng): void {
  const kept = prng.between(0, file.unsynced.length);
  for (const [index, operation] of file.unsynced.slice(0, kept).entries()) {
    const isTorn = index === kept - 1 && operation.kind === 'write' && prng.chance(0.5);
    apply(file.durable, isTorn ? torn(operation, prng) : operation);
  }
  file.content = createGrowingBytes(file.durable.copy());
  file.unsynced = [];
  file.durableCount = file.doneCount;
  file.listed = true;
}

function torn(operation: Operation & { kind: 'write' }, prng: Prng): Operation {
  return { ...operation, bytes: operation.bytes.subarray(0, prng.below(operation.bytes.length + 1)) };
}
