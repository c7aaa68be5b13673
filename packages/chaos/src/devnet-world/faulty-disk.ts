// Owns: the disk, the store and the vault of a daemon as its faults make them: failing, full, slow, and the places at
// which it dies. Nothing reaches a file before it is to be synced: what was not, is lost unless the death hands it over.
import { closeSync, constants, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { ConsiliumError } from '@consilium/core';
import type { LocalVault, OpenHome } from '@consilium/node';
import type { Done } from '@consilium/node/replica';
import {
  type CrashPointName,
  type DurableEffect,
  effectOfBatch,
  effectOfSync,
} from '../faults/crash-points.ts';
import type { Death } from './death.ts';
import type { NodeFault } from './node-faults.ts';

export interface FaultyDiskDeps {
  readonly faults: () => readonly NodeFault[];
  readonly death: Death;
}

type Waiting =
  | { readonly kind: 'append'; readonly bytes: Uint8Array }
  | { readonly kind: 'write-at'; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly length: number };

const SLOW_LOOK_MS = 5;

export function withFaultyHome(home: OpenHome, deps: FaultyDiskDeps): OpenHome {
  const { store } = home;
  return {
    ...home,
    disk: faultyDisk(home, deps),
    store: {
      ...store,
      write: (batch, done) => durably(deps, effectOfBatch(batch), (told) => store.write(batch, told), done),
    },
  };
}

export function withFaultyVault(vault: LocalVault, deps: FaultyDiskDeps): LocalVault {
  return {
    ...vault,
    write: (blobs, done) => durably(deps, 'vault-write', (told) => vault.write(blobs, told), done),
    remove: (ids, done) => durably(deps, 'vault-remove', (told) => vault.remove(ids, told), done),
  };
}

function faultyDisk({ disk, paths }: OpenHome, deps: FaultyDiskDeps): OpenHome['disk'] {
  const waiting = new Map<string, Waiting[]>();
  const wait = (name: string, operation: Waiting): void => {
    waiting.set(name, [...(waiting.get(name) ?? []), operation]);
  };
  const handOn = (name: string): void => {
    for (const operation of waiting.get(name) ?? []) {
      if (operation.kind === 'append') disk.append(name, operation.bytes);
      else if (operation.kind === 'truncate') disk.truncate(name, operation.length);
      else disk.writeAt(name, operation.offset, operation.bytes);
    }
    waiting.delete(name);
  };
  deps.death.keep(() => {
    for (const [name, operations] of waiting) writeNow(join(paths.state, name), operations);
  });
  return {
    ...disk,
    read: (name) => disk.read(name),
    append: (name, bytes) => wait(name, { kind: 'append', bytes: bytes.slice() }),
    writeAt: (name, offset, bytes) => wait(name, { kind: 'write-at', offset, bytes: bytes.slice() }),
    truncate: (name, length) => wait(name, { kind: 'truncate', length }),
    sync: (name, done) => {
      const appended = (waiting.get(name) ?? []).flatMap((each) =>
        each.kind === 'append' ? [each.bytes] : [],
      );
      const tear = (part: number): void => tearFirst(join(paths.state, name), waiting.get(name) ?? [], part);
      const perform = (told: Done): void => {
        handOn(name);
        disk.sync(name, told);
      };
      durably(deps, effectOfSync(name, appended), perform, done, tear);
    },
    close: () => {
      for (const name of [...waiting.keys()]) handOn(name);
      return disk.close();
    },
  };
}

function durably(
  deps: FaultyDiskDeps,
  effect: DurableEffect,
  perform: (told: Done) => void,
  done: Done,
  tear: (part: number) => void = () => undefined,
): void {
  const { faults } = deps;
  dieAt(deps, `${effect}-asked`, tear);
  const refusal = refusalOf(faults(), effect);
  if (refusal !== undefined) {
    setImmediate(() => done(refusal));
    return;
  }
  const begunMs = performance.now();
  perform((error) => {
    if (error === undefined) dieAt(deps, `${effect}-synced`);
    delayWhileSlow(faults, begunMs, () => done(error));
  });
}

/** What waits on a slow disk goes on when the disk is quick again. */
function delayWhileSlow(faults: FaultyDiskDeps['faults'], begunMs: number, then: () => void): void {
  const factor = faults().find((fault) => fault.kind === 'disk-slow')?.factor ?? 1;
  const untilMs = begunMs + (performance.now() - begunMs) * factor;
  const look = (): void => {
    const isSlow = faults().some(({ kind }) => kind === 'disk-slow');
    if (isSlow && performance.now() < untilMs) setTimeout(look, SLOW_LOOK_MS);
    else then();
  };
  look();
}

function dieAt(
  { faults, death }: FaultyDiskDeps,
  point: CrashPointName,
  tear?: (part: number) => void,
): void {
  const crash = faults().find((fault) => fault.kind === 'crash' && fault.points.includes(point));
  if (crash?.kind !== 'crash') return;
  if (crash.torn !== undefined) tear?.(crash.torn);
  death.die(crash.power);
}

function refusalOf(faults: readonly NodeFault[], file: DurableEffect): ConsiliumError | undefined {
  if (faults.some(({ kind }) => kind === 'disk-failing'))
    return new ConsiliumError('DISK_FAILED', { errno: 'EIO', file });
  if (faults.some(({ kind }) => kind === 'disk-full'))
    return new ConsiliumError('DISK_FULL', { errno: 'ENOSPC', file });
  return undefined;
}

/** As the operating system has it when the process is gone. */
function writeNow(path: string, operations: readonly Waiting[]): void {
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  for (const operation of operations)
    if (operation.kind === 'truncate') ftruncateSync(file, operation.length);
    else
      writeAll(file, operation.bytes, operation.kind === 'append' ? fstatSync(file).size : operation.offset);
  closeSync(file);
}

function writeAll(file: number, bytes: Uint8Array, offset: number): void {
  for (let written = 0; written < bytes.length; )
    written += writeSync(file, bytes, written, bytes.length - written, offset + written);
}

/** `part`: of the bytes, in [0, 1). */
function tearFirst(path: string, operations: readonly Waiting[], part: number): void {
  const first = operations.find(({ kind }) => kind !== 'truncate');
  if (first === undefined || first.kind === 'truncate') return;
  const bytes = first.bytes.subarray(0, Math.floor(first.bytes.length * part));
  const file = openSync(path, first.kind === 'append' ? 'a' : 'r+');
  writeSync(file, bytes, 0, bytes.length, first.kind === 'append' ? null : first.offset);
  closeSync(file);
}
