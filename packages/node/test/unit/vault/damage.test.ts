import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConsiliumError, fromHex, type Hex32, utf8 } from '@consilium/core';
import { describe, expect, test } from 'vitest';
import { TABLES } from '../../../src/tables.ts';
import { encodeLocation } from '../../../src/vault/location.ts';
import { runUnderFileLimit } from '../support/file-limit.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { blobOf, idOf } from './vault-blobs.ts';
import {
  filesOf,
  flipBitOf,
  isOnDisk,
  read,
  remove,
  type VaultHome,
  vaultHome,
  write,
} from './vault-home.ts';

const SOURCES = new URL('../../../src/', import.meta.url).href;
const TAIL_KEY = utf8('tail');
const small = blobOf(1, 3000);
const large = blobOf(2, 100_000);
const neighbour = blobOf(3, 3000);

const segmentOf = (home: VaultHome): string => join(home.folder, 'segments', '00000000.segment');

function putIndex(home: VaultHome, key: Uint8Array, value: Uint8Array | null): Promise<unknown> {
  return new Promise((resolve) => home.store.write([{ table: TABLES.blobs, key, value }], resolve));
}

function forget(home: VaultHome, id: Hex32): Promise<unknown> {
  return putIndex(home, fromHex(id), null);
}

async function loseIndex(home: VaultHome): Promise<void> {
  using snapshot = home.store.snapshot();
  for (const { key } of await snapshot.entries(TABLES.blobs, { limit: 1_000 }))
    await putIndex(home, key, null);
}

/** As a crash between the sync of the bytes and that of the index leaves it. */
async function writeWithoutIndex(home: VaultHome, ...blobs: Uint8Array[]): Promise<void> {
  const tail = home.store.get(TABLES.blobs, TAIL_KEY);
  await write(home.vault, ...blobs);
  await home.reopen(async () => {
    for (const blob of blobs) await forget(home, idOf(blob));
    await putIndex(home, TAIL_KEY, tail ?? null);
  });
}

describe('a damaged blob', () => {
  test.each([
    ['segment', small],
    ['file', large],
  ])('in a %s is noticed when it is read, dropped, and can be written anew', async (kind, blob) => {
    await using home = await vaultHome();
    await write(home.vault, blob, neighbour);
    await flipBitOf(home.folder, blob);
    expect(home.vault.has(idOf(blob))).toBe(true);
    expect(await read(home.vault, idOf(blob))).toBeUndefined();
    expect(home.vault.has(idOf(blob))).toBe(false);
    expect(home.log.events).toEqual([
      { level: 'error', code: 'vault.damaged', kind, cause: 'altered', count: 1 },
    ]);
    expect(await write(home.vault, blob)).toBeUndefined();
    expect(await read(home.vault, idOf(blob))).toEqual(blob);
    expect(await read(home.vault, idOf(neighbour))).toEqual(neighbour);
    expect(home.vault.stats().blobs).toBe(2);
  });

  test('leaves nothing of itself behind that a removal could no longer find', async () => {
    await using home = await vaultHome();
    for (const blob of [small, large]) {
      await write(home.vault, blob);
      await flipBitOf(home.folder, blob);
      await read(home.vault, idOf(blob));
      expect(await isOnDisk(home.folder, blob.subarray(0, 64))).toBe(false);
    }
  });

  test('is reported once, however many read it at once', async () => {
    await using home = await vaultHome();
    await write(home.vault, small);
    await flipBitOf(home.folder, small);
    const found = await Promise.all(Array.from({ length: 20 }, () => read(home.vault, idOf(small))));
    expect(new Set(found)).toEqual(new Set([undefined]));
    expect(home.log.codes()).toEqual(['vault.damaged']);
  });

  test('is looked at again before it counts as damaged: it may have been moved meanwhile', async () => {
    let isStale = false;
    await using home = await vaultHome((store) => ({
      write: store.write,
      get: (table, key) => {
        const wasStale = isStale;
        isStale = false;
        return wasStale ? store.get(table, fromHex(idOf(neighbour))) : store.get(table, key);
      },
    }));
    await write(home.vault, small, neighbour);
    isStale = true;
    expect(await read(home.vault, idOf(small))).toEqual(small);
    expect(home.log.events).toEqual([]);
  });

  test('is not what a reader sees who comes while it is removed or written anew', async () => {
    await using home = await vaultHome();
    for (let round = 0; round < 20; round += 1) {
      const calls = [
        write(home.vault, small, large),
        read(home.vault, idOf(small)),
        read(home.vault, idOf(large)),
        remove(home.vault, idOf(small), idOf(large)),
        read(home.vault, idOf(small)),
        read(home.vault, idOf(large)),
      ];
      await Promise.all(calls);
    }
    expect(home.log.events).toEqual([]);
  });
});

describe('a lost vault', () => {
  test('with its index still there answers undefined, and takes all of it anew', async () => {
    await using home = await vaultHome();
    const otherLarge = blobOf(5, 100_000);
    await write(home.vault, small, neighbour, large, otherLarge);
    await home.reopen(() => rm(home.folder, { recursive: true }));
    expect(home.vault.has(idOf(small))).toBe(false);
    expect(await read(home.vault, idOf(small))).toBeUndefined();
    expect(await read(home.vault, idOf(large))).toBeUndefined();
    // Also those that nobody has tried to read: they are looked for before they count as written.
    const all = [small, neighbour, large, otherLarge];
    expect(await write(home.vault, ...all)).toBeUndefined();
    for (const blob of all) expect(await read(home.vault, idOf(blob))).toEqual(blob);
    expect(home.vault.stats()).toEqual({ blobs: 4, bytes: 206_000 });
  });

  test('does not give the place of a lost blob to another one', async () => {
    await using home = await vaultHome();
    await write(home.vault, small);
    await home.reopen(() => rm(home.folder, { recursive: true }));
    await write(home.vault, neighbour);
    expect(await remove(home.vault, idOf(small))).toBeUndefined();
    expect(await read(home.vault, idOf(neighbour))).toEqual(neighbour);
  });

  test('while it is in use answers undefined as well', async () => {
    await using home = await vaultHome();
    await write(home.vault, small, large);
    await rm(home.folder, { recursive: true });
    expect(await read(home.vault, idOf(small))).toBeUndefined();
    expect(await read(home.vault, idOf(large))).toBeUndefined();
    expect(home.log.events.map(({ cause }) => cause)).toEqual(['missing', 'missing']);
  });
});

describe('an index entry', () => {
  test('that is missing costs a second copy and nothing else', async () => {
    await using home = await vaultHome();
    await write(home.vault, small, large);
    await home.reopen(async () => {
      await forget(home, idOf(small));
      await forget(home, idOf(large));
    });
    expect([home.vault.has(idOf(small)), home.vault.has(idOf(large))]).toEqual([false, false]);
    expect(await write(home.vault, small, large)).toBeUndefined();
    expect(await read(home.vault, idOf(small))).toEqual(small);
    expect(await read(home.vault, idOf(large))).toEqual(large);
  });

  test('that is missing does not save a large blob from being destroyed', async () => {
    await using home = await vaultHome();
    await write(home.vault, large);
    await forget(home, idOf(large));
    expect(await remove(home.vault, idOf(large))).toBeUndefined();
    expect(await isOnDisk(home.folder, large)).toBe(false);
  });

  test('to nowhere is no claim, and is replaced', async () => {
    await using home = await vaultHome();
    await write(home.vault, neighbour);
    const nowhere = [
      encodeLocation({ type: 'segment', segment: 9, offset: 0, length: 3000 }),
      encodeLocation({ type: 'segment', segment: 0, offset: 1_000_000, length: 3000 }),
      Uint8Array.of(7),
    ];
    for (const value of nowhere) {
      await putIndex(home, fromHex(idOf(small)), value);
      expect(home.vault.has(idOf(small))).toBe(false);
      expect(await read(home.vault, idOf(small))).toBeUndefined();
      await write(home.vault, small);
      expect(await read(home.vault, idOf(small))).toEqual(small);
      await remove(home.vault, idOf(small));
    }
  });

  test('to the place of another blob gives nothing of it away and destroys nothing of it', async () => {
    await using home = await vaultHome();
    await write(home.vault, neighbour);
    const place = home.store.get(TABLES.blobs, fromHex(idOf(neighbour))) ?? new Uint8Array();
    await putIndex(home, fromHex(idOf(small)), place);
    expect(await read(home.vault, idOf(small))).toBeUndefined();
    await putIndex(home, fromHex(idOf(small)), place);
    expect(await remove(home.vault, idOf(small))).toBeUndefined();
    expect(await read(home.vault, idOf(neighbour))).toEqual(neighbour);
  });

  test('of a file with a length that no blob has takes no memory', async () => {
    await using home = await vaultHome();
    await putIndex(home, fromHex(idOf(large)), encodeLocation({ type: 'file', length: 2 ** 32 - 1 }));
    expect(await read(home.vault, idOf(large))).toBeUndefined();
  });
});

/** Writes for ever, three blobs a call, and prints the number of each call that was answered. */
const writeForEver = (folder: string): string => `
  const { openStore } = await import('${SOURCES}store/store.ts');
  const { openVault } = await import('${SOURCES}vault/vault.ts');
  const { blobOf } = await import('${new URL('vault-blobs.ts', import.meta.url).href}');
  const store = await openStore(${JSON.stringify(join(folder, 'data'))});
  const vault = await openVault(${JSON.stringify(join(folder, 'vault'))}, store, () => {});
  const write = (number) => vault.write([blobOf(number, 2_000), blobOf(number, 20_000), blobOf(number, 70_000)], (error) => {
    if (error === undefined) process.stdout.write(number + ' ');
    write(number + 4);
  });
  for (const first of [0, 1, 2, 3]) write(first);
`;

describe('a vault opened after a crash', () => {
  test('has every blob that a killed process had answered for', async () => {
    const folder = await temporaryFolder();
    const writer = spawn(process.execPath, ['--input-type=module', '--eval', writeForEver(folder)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    for await (const chunk of writer.stdout) {
      printed += String(chunk);
      if (printed.split(' ').length > 20 && !writer.killed) writer.kill('SIGKILL');
    }
    if (writer.exitCode === null && writer.signalCode === null) await once(writer, 'exit');
    const answered = printed.split(' ').slice(0, -1).map(Number);
    await using home = await vaultHome(undefined, folder);
    for (const number of answered) {
      for (const size of [2_000, 20_000, 70_000]) {
        const blob = blobOf(number, size);
        expect(await read(home.vault, idOf(blob))).toEqual(blob);
      }
    }
    expect(answered.length).toBeGreaterThanOrEqual(20);
    expect(home.log.codes()).not.toContain('vault.damaged');
    await home.reopen();
    expect(home.log.events.length).toBeLessThanOrEqual(1);
  });

  test('has what was answered, and cuts off a torn end', async () => {
    await using home = await vaultHome();
    await write(home.vault, small);
    await home.reopen(async () => {
      const whole = await readFile(segmentOf(home));
      await writeFile(segmentOf(home), Buffer.concat([whole, whole.subarray(0, 1000)]));
    });
    expect(home.log.events).toEqual([{ level: 'warn', code: 'vault.recovered', blobs: 0, cutBytes: 1000 }]);
    expect((await readFile(segmentOf(home))).length).toBe(3040);
    await write(home.vault, neighbour);
    for (const blob of [small, neighbour]) expect(await read(home.vault, idOf(blob))).toEqual(blob);
  });

  test('takes into its index what is whole and in none, so that it can be destroyed', async () => {
    await using home = await vaultHome();
    await write(home.vault, small);
    await writeWithoutIndex(home, neighbour, large);
    expect(home.vault.has(idOf(neighbour))).toBe(true);
    expect(await read(home.vault, idOf(neighbour))).toEqual(neighbour);
    expect(home.vault.has(idOf(large))).toBe(false);
    await remove(home.vault, idOf(neighbour), idOf(large));
    expect(await isOnDisk(home.folder, neighbour)).toBe(false);
    expect(await isOnDisk(home.folder, large)).toBe(false);
  });

  test('destroys a copy that is in no index of a blob that is', async () => {
    await using home = await vaultHome();
    await write(home.vault, small);
    const tail = home.store.get(TABLES.blobs, TAIL_KEY) ?? null;
    await home.reopen(async () => {
      const whole = await readFile(segmentOf(home));
      await writeFile(segmentOf(home), Buffer.concat([whole, whole]));
      await putIndex(home, TAIL_KEY, tail);
    });
    expect(await read(home.vault, idOf(small))).toEqual(small);
    await remove(home.vault, idOf(small));
    expect(await isOnDisk(home.folder, small)).toBe(false);
  });

  test('finds the whole entries behind one whose pages did not reach the disk', async () => {
    await using home = await vaultHome();
    await writeWithoutIndex(home, small, neighbour);
    await home.reopen(async () => {
      await loseIndex(home);
      const content = await readFile(segmentOf(home));
      await writeFile(segmentOf(home), content.fill(0, 0, 2000));
    });
    expect(home.vault.has(idOf(small))).toBe(false);
    expect(await read(home.vault, idOf(neighbour))).toEqual(neighbour);
  });

  test('makes a lost index anew, without what was destroyed', async () => {
    await using home = await vaultHome();
    const destroyed = blobOf(9, 700);
    await write(home.vault, small, destroyed, neighbour, large);
    await remove(home.vault, idOf(destroyed));
    await home.reopen(() => loseIndex(home));
    expect(home.log.events).toEqual([{ level: 'warn', code: 'vault.recovered', blobs: 3, cutBytes: 0 }]);
    for (const blob of [small, neighbour, large]) expect(await read(home.vault, idOf(blob))).toEqual(blob);
    expect(home.vault.has(idOf(destroyed))).toBe(false);
    expect(home.vault.stats()).toEqual({ blobs: 3, bytes: 106_000 });
  });

  test('removes a large blob that was not yet in its place', async () => {
    await using home = await vaultHome();
    await home.reopen(async () => {
      await mkdir(join(home.folder, 'incoming'), { recursive: true });
      await writeFile(join(home.folder, 'incoming', '0123456789abcdef'), large.subarray(0, 500));
    });
    expect(await filesOf(home.folder)).toEqual([]);
  });

  test('ends a destruction that was cut short: what is left of the blob is overwritten', async () => {
    await using home = await vaultHome();
    await write(home.vault, small, neighbour);
    const content = await readFile(segmentOf(home));
    await writeFile(segmentOf(home), content.fill(0, 8, 1000));
    expect(await read(home.vault, idOf(small))).toBeUndefined();
    expect(await isOnDisk(home.folder, small.subarray(-64))).toBe(false);
    expect(await read(home.vault, idOf(neighbour))).toEqual(neighbour);
  });

  test('has no place for a segment that lost its end, and goes on in the next', async () => {
    await using home = await vaultHome();
    await write(home.vault, neighbour, small);
    await home.reopen(() => truncate(segmentOf(home), 4000));
    expect([home.vault.has(idOf(neighbour)), home.vault.has(idOf(small))]).toEqual([true, false]);
    await write(home.vault, small);
    expect(await read(home.vault, idOf(small))).toEqual(small);
    expect((await filesOf(home.folder)).length).toBe(2);
  });
});

describe('a vault on a disk that fails', () => {
  test('tells the writer whose file does not fit, and goes on with the others', async () => {
    const folder = await temporaryFolder();
    const source = `
      const { openStore } = await import('${SOURCES}store/store.ts');
      const { openVault } = await import('${SOURCES}vault/vault.ts');
      const store = await openStore(${JSON.stringify(join(folder, 'data'))});
      const vault = await openVault(${JSON.stringify(join(folder, 'vault'))}, store, () => {});
      const write = (...blobs) => new Promise((resolve) => vault.write(blobs, resolve));
      const of = (length, fill) => new Uint8Array(length).fill(fill);
      const errors = await Promise.all([write(of(10_000, 1)), write(of(700_000, 2)), write(of(10_000, 3))]);
      errors.push(await write(of(10_000, 4), of(60_000, 5), of(60_000, 6), of(60_000, 7)));
      errors.push(await write(of(1_000, 8)));
      await vault.close();
      await store.close();
      process.stdout.write(errors.map((error) => error?.data.errno ?? 'ok').join(' '));
    `;
    expect(await runUnderFileLimit(source, 64)).toMatch(/^ok EFBIG ok (EFBIG|ok) ok$/);
    expect((await filesOf(join(folder, 'vault', 'incoming'))).length).toBe(0);
  });

  // Only where the system has a device that is always full.
  test.runIf(existsSync('/dev/full'))('says DISK_FULL, and writes again when there is room', async () => {
    await using home = await vaultHome();
    await symlink('/dev/full', segmentOf(home));
    const errors: (ConsiliumError | undefined)[] = await Promise.all([
      write(home.vault, small),
      write(home.vault, neighbour, large),
    ]);
    for (const error of errors) {
      expect(error).toMatchObject({ code: 'DISK_FULL', data: { errno: 'ENOSPC', file: 'vault/segments' } });
    }
    expect(home.vault.has(idOf(small))).toBe(false);
    await rm(segmentOf(home));
    expect(await write(home.vault, small)).toBeUndefined();
    expect(await write(home.vault, neighbour, large)).toBeUndefined();
    await home.reopen();
    for (const blob of [small, neighbour, large]) expect(await read(home.vault, idOf(blob))).toEqual(blob);
  });

  test('gives a segment no more bytes after a sync of it failed', async () => {
    await using home = await vaultHome();
    // A device that takes every byte and cannot be synced.
    await symlink('/dev/null', segmentOf(home));
    expect(await write(home.vault, small)).toMatchObject({ code: 'DISK_FAILED' });
    expect(home.vault.has(idOf(small))).toBe(false);
    expect(await write(home.vault, small)).toBeUndefined();
    expect(await filesOf(home.folder)).toEqual([join(home.folder, 'segments', '00000001.segment')]);
    await home.reopen();
    expect(await read(home.vault, idOf(small))).toEqual(small);
  });

  test('writes over what a failed append left behind', async () => {
    await using home = await vaultHome();
    await write(home.vault, small);
    const content = await readFile(segmentOf(home));
    await writeFile(segmentOf(home), Buffer.concat([content, blobOf(8, 9000)]));
    await write(home.vault, neighbour);
    await home.reopen();
    expect((await readFile(segmentOf(home))).length).toBe(2 * 3040);
    for (const blob of [small, neighbour]) expect(await read(home.vault, idOf(blob))).toEqual(blob);
  });

  test('hands on what the store refuses, and claims nothing', async () => {
    const refusal = new ConsiliumError('STORE_FAILED');
    let refuses = false;
    await using home = await vaultHome((store) => ({
      get: store.get,
      write: (batch, done) => (refuses ? queueMicrotask(() => done(refusal)) : store.write(batch, done)),
    }));
    refuses = true;
    expect(await write(home.vault, small)).toBe(refusal);
    expect(home.vault.has(idOf(small))).toBe(false);
  });

  test('does not drop a blob that it may not read just now', async () => {
    await using home = await vaultHome();
    await write(home.vault, large);
    const path = (await filesOf(home.folder))[0] ?? '';
    const content = await readFile(path);
    await rm(path);
    await mkdir(path);
    expect(await read(home.vault, idOf(large))).toBeUndefined();
    expect(home.log.events).toMatchObject([{ code: 'vault.unreadable', errno: 'EISDIR' }]);
    expect(home.vault.has(idOf(large))).toBe(true);
    await rm(path, { recursive: true });
    await writeFile(path, content);
    expect(await read(home.vault, idOf(large))).toEqual(large);
  });
});
