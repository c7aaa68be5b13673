import { describe, expect, test } from 'vitest';
import { freeBytes } from '../../../src/observe/disk-space.ts';
import { type ReadinessFacts, readinessOf } from '../../../src/observe/readiness.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const WELL: ReadinessFacts = {
  synced: true,
  height: 10,
  heightKnown: 10,
  signing: 'signing',
  reachablePower: 3,
  totalPower: 4,
  diskFreeBytes: 10 * 1024 ** 3,
  diverged: false,
  diskFull: false,
  clockOffsetMs: 0,
  clockPrecisionMs: 400,
  stuckForMs: undefined,
};

const reasonsOf = (facts: Partial<ReadinessFacts>) => readinessOf({ ...WELL, ...facts }).reasons;

describe('readiness', () => {
  test('has no reason against it when all is well', () => {
    expect(readinessOf(WELL)).toEqual({ ready: true, reasons: [] });
    expect(reasonsOf({ signing: 'observer' })).toEqual([]);
    expect(reasonsOf({ diskFreeBytes: undefined, clockOffsetMs: undefined })).toEqual([]);
  });

  test.each<[Partial<ReadinessFacts>, string, string]>([
    [{ synced: false, heightKnown: 900 }, 'NOT_SYNCED', 'at height 10, fetching blocks up to 900'],
    [{ signing: 'observing' }, 'NOT_SIGNING', 'watching'],
    [{ signing: 'stopped' }, 'NOT_SIGNING', 'signed elsewhere'],
    [{ reachablePower: 2 }, 'QUORUM_UNREACHABLE', 'reaches 2 of 4 validators'],
    [{ diskFreeBytes: 5 * 1024 ** 2 }, 'DISK_LOW', '5 MB are free'],
    [{ diverged: true }, 'DIVERGED', 'differs from what a quorum decided'],
    [{ clockOffsetMs: 201 }, 'CLOCK_OFF', '201 ms behind its peers'],
    [{ clockOffsetMs: -5_000 }, 'CLOCK_OFF', '5000 ms ahead of its peers'],
    [{ stuckForMs: 40_000 }, 'STUCK', 'work for 40 s and no block'],
  ])('says why not: %j', (facts, code, words) => {
    const { ready, reasons } = readinessOf({ ...WELL, ...facts });
    expect(ready).toBe(false);
    expect(reasons.map((reason) => reason.code)).toEqual([code]);
    expect(reasons[0]?.text).toContain(words);
  });

  test('names a full disk alone: everything else follows from it, or is as old as it', () => {
    const full = { diskFull: true, signing: 'stopped', diskFreeBytes: 0, reachablePower: 1 } as const;
    expect(reasonsOf(full).map(({ code }) => code)).toEqual(['DISK_FULL']);
  });

  test('counts a quorum exactly', () => {
    expect(reasonsOf({ reachablePower: 4, totalPower: 6 })).toHaveLength(1);
    expect(reasonsOf({ reachablePower: 5, totalPower: 6 })).toEqual([]);
  });

  test('names every reason there is', () => {
    const codes = reasonsOf({ synced: false, reachablePower: 1, clockOffsetMs: 300 }).map(({ code }) => code);
    expect(codes).toEqual(['NOT_SYNCED', 'QUORUM_UNREACHABLE', 'CLOCK_OFF']);
  });

  test('knows the free space of a folder, and nothing of one that is not there', async () => {
    const folder = await temporaryFolder();
    expect(await freeBytes(folder)).toBeGreaterThan(0);
    expect(await freeBytes(`${folder}/none`)).toBeUndefined();
  });
});
