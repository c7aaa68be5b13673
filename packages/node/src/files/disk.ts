// Owns: the few small files that are written in place (log, signing record) on a real disk: order within each file, and
// what `sync` promises. Does not own: what stands in them (wal, signing).
import { closeSync, fsyncSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConsiliumError } from '@consilium/core';
import type { Disk, Done } from '../ports.ts';
import { diskError, errnoOf } from './errors.ts';
import { type Operation, openPlainFile, type PlainFile } from './plain-file.ts';

/** A disk with a lifetime: files stay open until `close`, which finishes what was asked for before. */
export interface LocalDisk extends Disk, AsyncDisposable {
  close(): Promise<void>;
}

interface FileQueue {
  readonly add: (operation: Operation) => void;
  readonly sync: (done: Done) => void;
  readonly isIdle: () => boolean;
  readonly close: () => Promise<void>;
}

const FILE_NAME = /^[a-z0-9][a-z0-9.-]*$/;

/** Files of one folder, which must exist. Errors come to `done` as `DISK_FULL` or `DISK_FAILED` {errno, file}. */
export function createDisk(folder: string): LocalDisk {
  const queues = new Map<string, FileQueue>();
  let closed = false;
  const queueOf = (name: string): FileQueue => {
    if (!FILE_NAME.test(name)) throw new Error('invariant: a file name is lower-case and without a folder');
    if (closed) throw new Error('invariant: the disk was closed before its users');
    const queue = queues.get(name) ?? createFileQueue(folder, name);
    queues.set(name, queue);
    return queue;
  };
  const close = async (): Promise<void> => {
    closed = true;
    await Promise.all([...queues.values()].map((queue) => queue.close()));
  };
  return {
    read: (name) => {
      if (!queueOf(name).isIdle()) throw new Error('invariant: a file is read before it is written');
      return readWhole(folder, name);
    },
    append: (name, bytes) => queueOf(name).add({ type: 'append', bytes: bytes.slice() }),
    writeAt: (name, offset, bytes) => queueOf(name).add({ type: 'writeAt', offset, bytes: bytes.slice() }),
    truncate: (name, length) => queueOf(name).add({ type: 'truncate', length }),
    sync: (name, done) => queueOf(name).sync(done),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * What a killed process left may stand in the kernel's memory only. It is made durable before it is believed: the node
 * answers for it from then on.
 */
function readWhole(folder: string, name: string): Uint8Array | undefined {
  try {
    const content = readDurably(join(folder, name));
    syncNow(folder);
    return content;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw diskError(error, name);
  }
}

function readDurably(path: string): Uint8Array {
  const descriptor = openSync(path, 'r+');
  try {
    fsyncSync(descriptor);
    return new Uint8Array(readFileSync(descriptor));
  } finally {
    closeSync(descriptor);
  }
}

function syncNow(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * One worker per file takes everything asked for so far, performs it in order, and syncs once for all who wait: who
 * asks while a sync runs shares the next one. After a failure nothing is tried again, since a second fdatasync may
 * report success for pages that the kernel has dropped.
 */
function createFileQueue(folder: string, name: string): FileQueue {
  let operations: Operation[] = [];
  let waiting: Done[] = [];
  let working: Promise<void> | undefined;
  let file: PlainFile | undefined;
  let failure: ConsiliumError | undefined;
  let performing = false;

  const perform = async (taken: readonly Operation[], mustSync: boolean): Promise<void> => {
    if (failure !== undefined) return;
    try {
      file ??= await openPlainFile(folder, name);
      await file.perform(taken);
      if (mustSync) await file.sync();
    } catch (error) {
      failure = diskError(error, name);
    }
  };
  const work = async (): Promise<void> => {
    while (operations.length > 0 || waiting.length > 0) {
      const taken = operations;
      const waited = waiting;
      operations = [];
      waiting = [];
      performing = true;
      await perform(taken, waited.length > 0);
      performing = false;
      for (const done of waited) done(failure);
    }
    working = undefined;
  };
  const finish = async (): Promise<void> => {
    await (working ?? work());
    await file?.close();
  };
  return {
    add: (operation) => {
      operations.push(operation);
    },
    sync: (done) => {
      waiting.push(done);
      working ??= work();
    },
    isIdle: () => !performing && operations.length === 0,
    close: finish,
  };
}
