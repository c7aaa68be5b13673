// Owns: a disk that forgets as real ones do. What a process wrote is visible to it at once and survives its own death;
// a power cut keeps what was synced, a drawn prefix of what was not, and may tear the last write that it keeps.
import type { Disk, Done } from '@consilium/node/replica';
import type { Life } from './life.ts';
import type { Prng } from './prng.ts';

type Operation =
  | { readonly kind: 'write'; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly length: number };

interface File {
  /** What a process reads now. */
  content: Uint8Array;
  /** What is on the platter for certain, and what was done on top of it. */
  durable: Uint8Array;
  unsynced: Operation[];
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
    read: (name) => files.get(name)?.content.slice(),
    append: (name, bytes) => {
      const file = fileOf(files, name);
      change(file, { kind: 'write', offset: file.content.length, bytes: bytes.slice() });
    },
    writeAt: (name, offset, bytes) => {
      change(fileOf(files, name), { kind: 'write', offset, bytes: bytes.slice() });
    },
    truncate: (name, length) => change(fileOf(files, name), { kind: 'truncate', length }),
    sync: (name, done: Done) => {
      const file = fileOf(files, name);
      const covered = file.unsynced.length;
      life.after(prng.between(times.syncUsMin, times.syncUsMax), () => {
        const synced = file.unsynced.splice(0, covered);
        for (const operation of synced) file.durable = applied(file.durable, operation);
        file.listed = true;
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
  const file: File = { content: new Uint8Array(0), durable: new Uint8Array(0), unsynced: [], listed: false };
  files.set(name, file);
  return file;
}

function change(file: File, operation: Operation): void {
  file.content = applied(file.content, operation);
  file.unsynced.push(operation);
}

function applied(content: Uint8Array, operation: Operation): Uint8Array {
  if (operation.kind === 'truncate') {
    const cut = new Uint8Array(operation.length);
    cut.set(content.subarray(0, operation.length));
    return cut;
  }
  const { offset, bytes } = operation;
  const next = new Uint8Array(Math.max(content.length, offset + bytes.length));
  next.set(content);
  next.set(bytes, offset);
  return next;
}

/** After a power cut: a prefix of the unsynced operations, the last of them perhaps torn. */
function settle(file: File, prng: Prng): void {
  const kept = prng.between(0, file.unsynced.length);
  let content = file.durable;
  for (const [index, operation] of file.unsynced.slice(0, kept).entries()) {
    const isTorn = index === kept - 1 && operation.kind === 'write' && prng.chance(0.5);
    content = applied(content, isTorn ? torn(operation, prng) : operation);
  }
  file.content = content;
  file.durable = content;
  file.unsynced = [];
  file.listed = true;
}

function torn(operation: Operation & { kind: 'write' }, prng: Prng): Operation {
  return { ...operation, bytes: operation.bytes.subarray(0, prng.below(operation.bytes.length + 1)) };
}
