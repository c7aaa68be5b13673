// The store and the small files on a file system that is really full. Where this machine lets nobody mount one: not tested.
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConsiliumError, codeOf } from '@consilium/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDisk } from '../../../src/files/disk.ts';
import { openStore, type Store } from '../../../src/store/store.ts';
import { fillTmpfs, makeRoom, mayMount, mountTmpfs, unmountTmpfs } from '../../support/tmpfs.ts';

const TABLE = 9;
const DISK_BYTES = 24 * 1024 * 1024;
const FILE = 'agreement.wal';

let folder: string;

describe.runIf(mayMount())('On a full disk', () => {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'full-disk-'));
    mountTmpfs(folder, DISK_BYTES);
    for (const each of ['data', 'state']) mkdirSync(join(folder, each));
  });

  afterEach(() => {
    unmountTmpfs(folder);
  });

  test('the store says DISK_FULL, then and for all that follows; what it said is durable is there when there is room.', async () => {
    const store = await openStore(join(folder, 'data'));
    let durable = 0;
    let failure: ConsiliumError | undefined;
    // Across the point at which LevelDB writes its first table, and in the middle of a log.
    for (let height = 0; failure === undefined; height += 1) {
      if (height === 150) fillTmpfs(folder, 1024 * 1024);
      failure = await put(store, height);
      if (failure === undefined) durable = height + 1;
    }
    expect(failure.code).toBe('DISK_FULL');
    expect((await put(store, durable + 1))?.code).toBe('DISK_FULL');
    makeRoom(folder);
    expect((await put(store, durable + 1))?.code).toBe('DISK_FULL');
    await store.close();
    await expectStored(durable);
  });

  test('the store cannot be opened, says DISK_FULL, and is whole when there is room.', async () => {
    const store = await openStore(join(folder, 'data'));
    for (let height = 0; height < 150; height += 1) expect(await put(store, height)).toBeUndefined();
    await store.close();
    fillTmpfs(folder, 1024 * 1024);
    // Each try may leave something behind.
    for (let tries = 0; tries < 3; tries += 1) {
      const refused = await openStore(join(folder, 'data')).then(
        (opened) => opened.close(),
        (error: unknown) => codeOf(error),
      );
      expect(refused).toBe('DISK_FULL');
    }
    makeRoom(folder);
    await expectStored(150);
  });

  test('a log says DISK_FULL, and keeps what it said is durable.', async () => {
    const disk = createDisk(join(folder, 'state'));
    const append = (text: string): Promise<ConsiliumError | undefined> => {
      disk.append(FILE, new TextEncoder().encode(text));
      return new Promise((resolve) => disk.sync(FILE, resolve));
    };
    expect(await append('kept')).toBeUndefined();
    fillTmpfs(folder, 1024 * 1024);
    const large = 'x'.repeat(8_192);
    expect((await append(large))?.code).toBe('DISK_FULL');
    makeRoom(folder);
    expect((await append('more'))?.code).toBe('DISK_FULL');
    await disk.close();
    const again = createDisk(join(folder, 'state'));
    expect(new TextDecoder().decode(again.read(FILE)?.subarray(0, 4))).toBe('kept');
    await again.close();
  });
});

function put(store: Store, height: number): Promise<ConsiliumError | undefined> {
  const value = new Uint8Array(50_000).map((_, at) => (at * 31 + height * 17) % 251);
  return new Promise((resolve) => store.write([{ table: TABLE, key: keyOf(height), value }], resolve));
}

function keyOf(height: number): Uint8Array {
  return Uint8Array.of(height >> 8, height & 255);
}

async function expectStored(count: number): Promise<void> {
  await using store = await openStore(join(folder, 'data'));
  for (let height = 0; height < count; height += 1)
    expect(store.get(TABLE, keyOf(height))).toHaveLength(50_000);
  expect(await put(store, count)).toBeUndefined();
}
