import { type KvWrite, SIGNING_RECORD_FILE, TABLES, WAL_FILE } from '@consilium/node/replica';
import { describe, expect, test } from 'vitest';
import { findFault } from '../../src/faults/catalogue.ts';
import { CRASH_POINTS, effectOfBatch, effectOfSync } from '../../src/faults/crash-points.ts';

const write = (table: number, value: Uint8Array | null = new Uint8Array(1)): KvWrite => ({
  table,
  key: new Uint8Array(1),
  value,
});
/** The beginning of a frame of the log: magic, then the kind. */
const frame = (kind: number): Uint8Array => Uint8Array.of(0xc0, 0x5e, 0x11, 0xf7, kind, 0, 0);

describe('the crash points of a node', () => {
  test('have a name each, which the fault takes, and no two are one', () => {
    const names = CRASH_POINTS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const point = findFault('crash-point')?.params.find(({ name }) => name === 'point');
    expect(point?.oneOf).toEqual(names);
    expect(names).toContain(point?.default);
  });

  test('of the log tell a value from what holds none', () => {
    expect(effectOfSync(WAL_FILE, [frame(3), frame(2)])).toBe('log-value');
    expect(effectOfSync(WAL_FILE, [frame(1), frame(2)])).toBe('log');
    expect(effectOfSync(WAL_FILE, [])).toBe('log');
    expect(effectOfSync(SIGNING_RECORD_FILE, [])).toBe('signing-record');
  });

  test.each([
    ['genesis', [write(TABLES.state), write(TABLES.meta)]],
    ['commit', [write(TABLES.blocks), write(TABLES.state), write(TABLES.meta)]],
    ['join-rows', [write(TABLES.joining)]],
    ['join-rows', [write(TABLES.joining, null)]],
    ['join-load', [write(TABLES.state), write(TABLES.tree)]],
    ['join-load', [write(TABLES.blocks), write(TABLES.results)]],
    ['join-install', [write(TABLES.blocks), write(TABLES.meta), write(TABLES.joining)]],
    ['package', [write(TABLES.packages), write(TABLES.pendingBatches)]],
    ['custody-rows', [write(TABLES.packages, null), write(TABLES.pendingBatches, null)]],
    ['custody-rows', [write(TABLES.looseBlobs)]],
    ['erasure', [write(TABLES.erasures)]],
    ['blob-index', [write(TABLES.blobs)]],
  ] as const)('of the store: %s by the tables of the batch', (effect, writes) => {
    expect(effectOfBatch(writes)).toBe(effect);
  });
});
