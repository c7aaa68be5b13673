import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConsiliumError } from '@consilium/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createDisk } from '../../../src/files/disk.ts';
import type { Disk } from '../../../src/ports.ts';
import { runUnderFileLimit } from '../support/file-limit.ts';
import { refusalOf } from '../support/refusals.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const SOURCES = new URL('../../../src/', import.meta.url).href;

function sync(disk: Disk, name: string): Promise<ConsiliumError | undefined> {
  return new Promise((resolve) => disk.sync(name, resolve));
}

async function contentOf(folder: string, name: string): Promise<number[]> {
  return [...(await readFile(join(folder, name)))];
}

type Step =
  | { readonly type: 'append' | 'writeAt'; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly type: 'truncate'; readonly length: number }
  | { readonly type: 'sync' };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    type: fc.constantFrom('append' as const, 'writeAt' as const),
    offset: fc.nat(12),
    bytes: fc.uint8Array({ maxLength: 8 }),
  }),
  fc.record({ type: fc.constant('truncate' as const), length: fc.nat(12) }),
  fc.constant({ type: 'sync' as const }),
);

async function perform(disk: Disk, name: string, step: Step): Promise<void> {
  if (step.type === 'sync') await sync(disk, name);
  if (step.type === 'append') disk.append(name, step.bytes);
  if (step.type === 'writeAt') disk.writeAt(name, step.offset, step.bytes);
  if (step.type === 'truncate') disk.truncate(name, step.length);
}

/** What a file is after a step, in the plainest words. */
function afterStep(content: readonly number[], step: Step): readonly number[] {
  if (step.type === 'sync') return content;
  if (step.type === 'truncate') return Array.from({ length: step.length }, (_, index) => content[index] ?? 0);
  if (step.bytes.length === 0) return content;
  const offset = step.type === 'append' ? content.length : step.offset;
  const length = Math.max(content.length, offset + step.bytes.length);
  return Array.from({ length }, (_, index) => step.bytes[index - offset] ?? content[index] ?? 0);
}

describe('a local disk', () => {
  test('has appended, overwritten and cut in this order when sync is done', async () => {
    const folder = await temporaryFolder();
    await using disk = createDisk(folder);
    disk.append('wal', bytes(1, 2, 3));
    disk.append('wal', bytes(4, 5));
    disk.writeAt('wal', 1, bytes(9));
    disk.truncate('wal', 4);
    disk.append('wal', bytes(6));
    expect(await sync(disk, 'wal')).toBeUndefined();
    expect(await contentOf(folder, 'wal')).toEqual([1, 9, 3, 4, 6]);
  });

  test('appends at the end of what was there before', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'wal'), bytes(1, 2));
    await using disk = createDisk(folder);
    expect(disk.read('wal')).toEqual(bytes(1, 2));
    disk.append('wal', bytes(3));
    await sync(disk, 'wal');
    expect(await contentOf(folder, 'wal')).toEqual([1, 2, 3]);
  });

  test('says undefined for a missing file, and empty for an empty one', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'empty'), '');
    await using disk = createDisk(folder);
    expect(disk.read('missing')).toBeUndefined();
    expect(disk.read('empty')).toEqual(new Uint8Array());
  });

  test('takes the bytes at once, so that the caller may reuse them', async () => {
    const folder = await temporaryFolder();
    await using disk = createDisk(folder);
    const reused = bytes(1);
    disk.append('wal', reused);
    reused[0] = 2;
    disk.writeAt('wal', 1, reused);
    reused[0] = 3;
    await sync(disk, 'wal');
    expect(await contentOf(folder, 'wal')).toEqual([1, 2]);
  });

  test('answers every sync once, in order, also those asked for while one runs', async () => {
    const folder = await temporaryFolder();
    await using disk = createDisk(folder);
    const answered: number[] = [];
    const answers = Array.from({ length: 20 }, (_, number) => {
      disk.append('wal', bytes(number));
      return sync(disk, 'wal').then(() => answered.push(number));
    });
    await answers[0];
    disk.append('wal', bytes(99));
    await sync(disk, 'wal');
    expect(answered).toEqual(Array.from({ length: 20 }, (_, number) => number));
    expect((await contentOf(folder, 'wal')).at(-1)).toBe(99);
  });

  test('can be read again from where a sync is answered', async () => {
    await using disk = createDisk(await temporaryFolder());
    disk.append('wal', bytes(1, 2));
    const content = await new Promise((resolve) => {
      disk.sync('wal', () => resolve(disk.read('wal')));
    });
    expect(content).toEqual(bytes(1, 2));
  });

  test('never calls back before sync has returned', async () => {
    await using disk = createDisk(await temporaryFolder());
    let returned = false;
    const wasReturned = new Promise<boolean>((resolve) => {
      disk.sync('wal', () => resolve(returned));
    });
    returned = true;
    expect(await wasReturned).toBe(true);
  });

  test('makes files that only the owner reads', async () => {
    const folder = await temporaryFolder();
    await using disk = createDisk(folder);
    disk.append('signing-record', bytes(1));
    await sync(disk, 'signing-record');
    expect((await stat(join(folder, 'signing-record'))).mode & 0o777).toBe(0o600);
  });

  test('closing performs what was queued without a sync', async () => {
    const folder = await temporaryFolder();
    const disk = createDisk(folder);
    disk.append('wal', bytes(7));
    await disk.close();
    expect(await contentOf(folder, 'wal')).toEqual([7]);
  });

  test('agrees with a plain array under any operations and syncs', async () => {
    const folder = await temporaryFolder();
    let runs = 0;
    const agrees = fc.asyncProperty(fc.array(anyStep, { maxLength: 20 }), async (steps) => {
      const name = `run-${runs}`;
      runs += 1;
      await using disk = createDisk(folder);
      let model: readonly number[] = [];
      for (const step of steps) {
        await perform(disk, name, step);
        model = afterStep(model, step);
      }
      await sync(disk, name);
      expect(await contentOf(folder, name)).toEqual(model);
    });
    await fc.assert(agrees, { numRuns: 100 });
  });
});

describe('a disk that fails', () => {
  test('says which error of which file', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'wal'));
    await using disk = createDisk(folder);
    disk.append('wal', bytes(1));
    expect(await sync(disk, 'wal')).toMatchObject({
      code: 'DISK_FAILED',
      data: { errno: 'EISDIR', file: 'wal' },
    });
    expect((await refusalOf(() => disk.read('wal'))).code).toBe('DISK_FAILED');
  });

  test('fails every later sync of that file, and leaves the others alone', async () => {
    const folder = await temporaryFolder();
    const source = `
      const { createDisk } = await import('${SOURCES}files/disk.ts');
      const disk = createDisk(${JSON.stringify(folder)});
      const sync = (name) => new Promise((resolve) => disk.sync(name, resolve));
      disk.append('wal', new Uint8Array(1_000_000));
      const first = await sync('wal');
      disk.truncate('wal', 0);
      const second = await sync('wal');
      disk.append('other', new Uint8Array(1));
      const third = await sync('other');
      process.stdout.write([first, second, third].map((error) => error?.data.errno ?? 'ok').join(' '));
    `;
    expect(await runUnderFileLimit(source, 64)).toBe('EFBIG EFBIG ok');
  });
});
