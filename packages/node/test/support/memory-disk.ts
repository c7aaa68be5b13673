// A disk in memory with the crash rules of the Disk port: what was not synced is lost from any point on, and the last
// write that survives may be torn. Syncs complete when the test says so, or at once.
import { ConsiliumError, concat } from '@consilium/core';
import type { Disk, Done } from '../../src/ports.ts';

type Operation = (content: Uint8Array) => Uint8Array;

export interface MemoryDisk extends Disk {
  /** Syncs wait for `completeSyncs` while true. */
  holdSyncs: boolean;
  failSyncs: boolean;
  syncs: number;
  completeSyncs(): void;
  /** Power cut: of the unsynced operations the first `kept` survive, and `tornBytes` of the next one. */
  crash(kept?: number, tornBytes?: number): void;
  unsynced(name: string): number;
  put(name: string, content: Uint8Array): void;
  remove(name: string): void;
}

interface MemoryFile {
  durable: Uint8Array | undefined;
  pending: { readonly apply: (tornBytes: number) => Operation }[];
}

const NOTHING = new Uint8Array(0);

function written(content: Uint8Array, offset: number, bytes: Uint8Array): Uint8Array {
  const result = new Uint8Array(Math.max(content.length, offset + bytes.length));
  result.set(content);
  result.set(bytes, offset);
  return result;
}

export function createMemoryDisk(): MemoryDisk {
  const files = new Map<string, MemoryFile>();
  const fileOf = (name: string): MemoryFile => {
    const file = files.get(name) ?? { durable: undefined, pending: [] };
    files.set(name, file);
    return file;
  };
  const push = (name: string, apply: (tornBytes: number) => Operation): void => {
    fileOf(name).pending.push({ apply });
  };
  const current = (file: MemoryFile): Uint8Array | undefined =>
    file.pending.reduce<Uint8Array | undefined>(
      (content, operation) => operation.apply(Number.POSITIVE_INFINITY)(content ?? NOTHING),
      file.durable,
    );
  let held: (() => void)[] = [];

  const disk: MemoryDisk = {
    holdSyncs: false,
    failSyncs: false,
    syncs: 0,
    read: (name) => current(fileOf(name))?.slice(),
    append: (name, bytes) => {
      const copy = bytes.slice();
      push(name, (torn) => (content) => concat(content, copy.subarray(0, torn)));
    },
    writeAt: (name, offset, bytes) => {
      const copy = bytes.slice();
      push(name, (torn) => (content) => written(content, offset, copy.subarray(0, torn)));
    },
    truncate: (name, length) => push(name, () => (content) => content.slice(0, length)),
    sync: (name, done: Done) => {
      const file = fileOf(name);
      const count = file.pending.length;
      const complete = (): void => {
        disk.syncs += 1;
        if (disk.failSyncs) {
          done(new ConsiliumError('DISK_FAILED'));
          return;
        }
        for (const operation of file.pending.splice(0, count))
          file.durable = operation.apply(Number.POSITIVE_INFINITY)(file.durable ?? NOTHING);
        done();
      };
      if (disk.holdSyncs) held.push(complete);
      else complete();
    },
    completeSyncs: () => {
      const ready = held;
      held = [];
      for (const complete of ready) complete();
    },
    crash: (kept = 0, tornBytes = 0) => {
      held = [];
      for (const file of files.values()) {
        const survivors = file.pending.slice(0, kept + (tornBytes > 0 ? 1 : 0));
        file.pending = [];
        survivors.forEach((operation, index) => {
          const bytes = index < kept ? Number.POSITIVE_INFINITY : tornBytes;
          file.durable = operation.apply(bytes)(file.durable ?? NOTHING);
        });
      }
    },
    unsynced: (name) => fileOf(name).pending.length,
    put: (name, content) => files.set(name, { durable: content.slice(), pending: [] }),
    remove: (name) => files.delete(name),
  };
  return disk;
}
