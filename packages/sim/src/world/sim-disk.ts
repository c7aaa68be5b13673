// Owns: a disk that forgets as real ones do. What a process wrote is visible to it at once and survives its own death;
// a power cut keeps what was synced, a drawn prefix of what was not, and may tear the last write that it keeps.
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
  /** Every file is gone. */
  wipe(): void;
}

export interface DiskTimes {
  readonly syncUsMin: number;
  readonly syncUsMax: number;
}

export function createSimDisk(prng: Prng, times: DiskTimes): SimDisk {
  const files = new Map<string, File>();

  const open = (life: Life): Disk => ({
    read: (name) => files.get(name)?.content.copy(),
    append: (name, bytes) => {
      const file = fileOf(files, name);
      change(file, { kind: 'write', offset: file.content.length(), bytes: bytes.slice() });
    },
    writeAt: (name, offset, bytes) => {
      change(fileOf(files, name), { kind: 'write', offset, bytes: bytes.slice() });
    },
    truncate: (name, length) => change(fileOf(files, name), { kind: 'truncate', length }),
    sync: (name, done: Done) => {
      const file = fileOf(files, name);
      const covered = file.doneCount;
      life.after(prng.between(times.syncUsMin, times.syncUsMax), () => {
        makeDurable(file, covered);
        done();
      });
    },
  });

  const losePower = (): void => {
    for (const [name, file] of files) {
      if (!file.listed && prng.chance(0.5)) files.delete(name);
      else settle(file, prng);
    }
  };

  return { open, losePower, wipe: () => files.clear() };
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
function settle(file: File, prng: Prng): void {
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
