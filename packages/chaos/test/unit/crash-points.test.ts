import type { Disk, Done, Kv, KvWrite, Vault } from '@consilium/node/replica';
import { SIGNING_RECORD_FILE, TABLES, WAL_FILE } from '@consilium/node/replica';
import { describe, expect, test } from 'vitest';
import { findFault } from '../../src/faults/catalogue.ts';
import { CRASH_POINTS, watchPoints, watchVaultPoints } from '../../src/faults/crash-points.ts';

const write = (table: number, value: Uint8Array | null = new Uint8Array(1)): KvWrite => ({
  table,
  key: new Uint8Array(1),
  value,
});
/** The beginning of a frame of the log: magic, then the kind. */
const frame = (kind: number): Uint8Array => Uint8Array.of(0xc0, 0x5e, 0x11, 0xf7, kind, 0, 0);

/** Ports that note what reaches them; a sync or batch is durable when `settle` is called. */
function ports() {
  const seen: string[] = [];
  const waiting: Done[] = [];
  const disk: Disk = {
    read: () => undefined,
    append: (name) => seen.push(`append ${name}`),
    writeAt: (name) => seen.push(`write ${name}`),
    truncate: (name) => seen.push(`truncate ${name}`),
    sync: (name, done) => {
      seen.push(`sync ${name}`);
      waiting.push(done);
    },
  };
  const kv: Kv = {
    get: () => undefined,
    write: (_writes, done) => {
      seen.push('batch');
      waiting.push(done);
    },
  };
  const settle = (error?: Parameters<Done>[0]): void => {
    for (const done of waiting.splice(0)) done(error);
  };
  const watched = watchPoints(disk, kv, (point) => seen.push(`(${point})`));
  return { ...watched, seen, settle };
}

describe('the crash points of a node', () => {
  test('have a name each, which the fault takes, and no two are one', () => {
    const names = CRASH_POINTS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const point = findFault('crash-point')?.params.find(({ name }) => name === 'point');
    expect(point?.oneOf).toEqual(names);
    expect(names).toContain(point?.default);
  });

  test('are told before a write is asked for, and when it is durable before its owner is told', () => {
    const { disk, seen, settle } = ports();
    disk.append(WAL_FILE, frame(2));
    disk.sync(WAL_FILE, () => seen.push('told'));
    settle();
    expect(seen).toEqual([`append ${WAL_FILE}`, '(log-asked)', `sync ${WAL_FILE}`, '(log-synced)', 'told']);
  });

  test('nothing is durable after an error', () => {
    const { kv, seen, settle } = ports();
    kv.write([write(TABLES.blocks)], () => seen.push('told'));
    settle(Object.assign(new Error('no'), { code: 'DISK_FULL' }) as never);
    expect(seen).toEqual(['(commit-asked)', 'batch', 'told']);
  });

  test('of the log tell a value from what holds none, sync by sync', () => {
    const { disk, seen } = ports();
    disk.append(WAL_FILE, frame(3));
    disk.append(WAL_FILE, frame(2));
    disk.sync(WAL_FILE, () => undefined);
    disk.append(WAL_FILE, frame(1));
    disk.sync(WAL_FILE, () => undefined);
    disk.sync(SIGNING_RECORD_FILE, () => undefined);
    expect(seen.filter((line) => line.startsWith('('))).toEqual([
      '(log-value-asked)',
      '(log-asked)',
      '(signing-record-asked)',
    ]);
  });

  test.each([
    ['genesis', [write(TABLES.state), write(TABLES.meta)]],
    ['commit', [write(TABLES.blocks), write(TABLES.state), write(TABLES.meta)]],
    ['package', [write(TABLES.packages), write(TABLES.pendingBatches)]],
    ['custody-rows', [write(TABLES.packages, null), write(TABLES.pendingBatches, null)]],
    ['custody-rows', [write(TABLES.looseBlobs)]],
    ['blob-index', [write(TABLES.blobs)]],
  ] as const)('of the store: %s by the tables of the batch', (effect, writes) => {
    const { kv, seen } = ports();
    kv.write(writes, () => undefined);
    expect(seen).toEqual([`(${effect}-asked)`, 'batch']);
  });

  test('of the vault are its writes and its removals', () => {
    const seen: string[] = [];
    const vault: Vault = {
      has: () => false,
      read: (_id, done) => done(undefined),
      write: (_blobs, done) => done(),
      remove: (_ids, done) => done(),
    };
    const watched = watchVaultPoints(vault, (point) => seen.push(point));
    watched.write([], () => seen.push('told'));
    watched.remove([], () => seen.push('told'));
    expect(seen).toEqual([
      ...['vault-write-asked', 'vault-write-synced', 'told'],
      ...['vault-remove-asked', 'vault-remove-synced', 'told'],
    ]);
  });
});
