import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConsiliumError } from '@consilium/core';
import { utf8 } from '@consilium/core';
import { Level } from 'level';
import { describe, expect, test } from 'vitest';
import type { KvWrite } from '../../../src/ports.ts';
import { openStore, type Store } from '../../../src/store/store.ts';
import { TABLES } from '../../../src/tables.ts';
import { runUnderFileLimit } from '../support/file-limit.ts';
import { refusalOf } from '../support/refusals.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const { state, tree, meta } = TABLES;
const key = (...bytes: number[]): Uint8Array => Uint8Array.of(...bytes);

function put(store: Store, ...batch: KvWrite[]): Promise<ConsiliumError | undefined> {
  return new Promise((resolve) => store.write(batch, resolve));
}

const holdTheLock = (path: string): string => `
  import { Level } from 'level';
  await new Level(${JSON.stringify(path)}).open();
  process.stdout.write('open');
  setInterval(() => {}, 1000);
`;

const SOURCES = new URL('../../../src/', import.meta.url).href;

/** Prints what became of a small batch, of one that meets the limit, and of a small one after it. */
const writeThreeBatches = (folder: string): string => `
  const { openStore } = await import('${SOURCES}store/store.ts');
  const store = await openStore(${JSON.stringify(folder)});
  const write = (length) => new Promise((resolve) =>
    store.write([{ table: 6, key: Uint8Array.of(1), value: new Uint8Array(length) }], resolve));
  const errors = [await write(10), await write(1_000_000), await write(10)];
  process.stdout.write(errors.map((error) => error?.code ?? 'ok').join(' '));
  await store.close();
`;

describe('the store', () => {
  test('reads what a completed batch wrote, and undefined for what is not there', async () => {
    await using store = await openStore(await temporaryFolder());
    expect(await put(store, { table: state, key: key(1), value: key(9, 8) })).toBeUndefined();
    expect(store.get(state, key(1))).toEqual(key(9, 8));
    expect(store.get(state, key(2))).toBeUndefined();
    expect(store.get(tree, key(1))).toBeUndefined();
  });

  test('hands out plain bytes, not Buffers, and keeps an empty value apart from none', async () => {
    await using store = await openStore(await temporaryFolder());
    await put(store, { table: state, key: key(), value: key() });
    const value = store.get(state, key());
    expect(value).toEqual(new Uint8Array());
    expect(Object.getPrototypeOf(value)).toBe(Uint8Array.prototype);
  });

  test('writes nothing of a batch before it is done, and deletes and puts in one batch', async () => {
    await using store = await openStore(await temporaryFolder());
    await put(store, { table: state, key: key(1), value: key(1) });
    const done = put(
      store,
      { table: state, key: key(1), value: null },
      { table: state, key: key(2), value: key(2) },
    );
    expect(store.get(state, key(1))).toEqual(key(1));
    await done;
    expect(store.get(state, key(1))).toBeUndefined();
    expect(store.get(state, key(2))).toEqual(key(2));
  });

  test('takes the bytes at once, so that the caller may reuse them', async () => {
    await using store = await openStore(await temporaryFolder());
    const [name, value] = [key(1), key(7)];
    const done = put(store, { table: state, key: name, value });
    name[0] = 5;
    value[0] = 5;
    await done;
    expect(store.get(state, key(1))).toEqual(key(7));
  });

  test('completes batches in the order in which they were handed in', async () => {
    await using store = await openStore(await temporaryFolder());
    const order: number[] = [];
    const all = Array.from({ length: 50 }, (_, number) =>
      put(store, { table: state, key: key(0), value: key(number) }).then(() => order.push(number)),
    );
    await Promise.all(all);
    expect(order).toEqual(Array.from({ length: 50 }, (_, number) => number));
    expect(store.get(state, key(0))).toEqual(key(49));
  });

  test('closing finishes what was handed in, and opening again finds it', async () => {
    const folder = await temporaryFolder();
    const store = await openStore(folder);
    const outcomes: (ConsiliumError | undefined)[] = [];
    store.write([{ table: state, key: key(1), value: key(1) }], (error) => outcomes.push(error));
    await store.close();
    expect(outcomes).toEqual([undefined]);
    await using again = await openStore(folder);
    expect(again.get(state, key(1))).toEqual(key(1));
  });

  test('once a batch failed, every later one fails too: it was made on top of it', async () => {
    const folder = await temporaryFolder();
    const outcomes = await runUnderFileLimit(writeThreeBatches(folder), 64);
    expect(outcomes).toBe('ok STORE_FAILED STORE_FAILED');
  });
});

describe('a snapshot', () => {
  test('shows one moment while the store goes on', async () => {
    await using store = await openStore(await temporaryFolder());
    await put(store, { table: state, key: key(1), value: key(1) });
    using before = store.snapshot();
    await put(
      store,
      { table: state, key: key(1), value: null },
      { table: state, key: key(2), value: key(2) },
    );
    expect(before.get(state, key(1))).toEqual(key(1));
    expect(before.get(state, key(2))).toBeUndefined();
    using after = store.snapshot();
    expect(after.get(state, key(1))).toBeUndefined();
    expect(after.get(state, key(2))).toEqual(key(2));
  });

  test('lists one table by prefix, in pages, in the order of the keys', async () => {
    await using store = await openStore(await temporaryFolder());
    const names = [key(1), key(1, 0), key(1, 255), key(1, 255, 255), key(2), key(0)];
    await put(
      store,
      ...names.map((name): KvWrite => ({ table: state, key: name, value: name })),
      { table: state - 1, key: key(1), value: key(66) },
      { table: state + 1, key: key(1), value: key(66) },
    );
    using snapshot = store.snapshot();
    const keysOf = async (options: Parameters<typeof snapshot.entries>[1]): Promise<number[][]> =>
      (await snapshot.entries(state, options)).map((entry) => [...entry.key]);
    expect(await keysOf({ limit: 10 })).toEqual([[0], [1], [1, 0], [1, 255], [1, 255, 255], [2]]);
    expect(await keysOf({ prefix: key(1), limit: 10 })).toEqual([[1], [1, 0], [1, 255], [1, 255, 255]]);
    expect(await keysOf({ prefix: key(1, 255), limit: 10 })).toEqual([
      [1, 255],
      [1, 255, 255],
    ]);
    expect(await keysOf({ prefix: key(1), limit: 2 })).toEqual([[1], [1, 0]]);
    expect(await keysOf({ prefix: key(1), after: key(1, 0), limit: 2 })).toEqual([
      [1, 255],
      [1, 255, 255],
    ]);
    expect(await keysOf({ prefix: key(1), after: key(0), limit: 1 })).toEqual([[1]]);
  });

  test('refuses reads after it was closed', async () => {
    await using store = await openStore(await temporaryFolder());
    const snapshot = store.snapshot();
    snapshot.close();
    expect((await refusalOf(() => snapshot.get(state, key(1)))).code).toBe('STORE_FAILED');
  });
});

describe('opening the store', () => {
  test('is refused while another process has it, and works once that process was killed', async () => {
    const folder = await temporaryFolder();
    const holder = spawn(process.execPath, ['--input-type=module', '--eval', holdTheLock(folder)], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    expect((await refusalOf(() => openStore(folder))).code).toBe('STORE_LOCKED');
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    await using store = await openStore(folder);
    expect(store.get(state, key(1))).toBeUndefined();
  });

  test('is refused a second time in the same process', async () => {
    const folder = await temporaryFolder();
    await using store = await openStore(folder);
    expect((await refusalOf(() => openStore(folder))).code).toBe('STORE_LOCKED');
    expect(store.get(state, key(1))).toBeUndefined();
  });

  test('names damage', async () => {
    const folder = await temporaryFolder();
    await (await openStore(folder)).close();
    await writeFile(join(folder, 'CURRENT'), 'nonsense');
    expect((await refusalOf(() => openStore(folder))).code).toBe('STORE_DAMAGED');
  });

  test('names a missing table file, and damage inside of one', async () => {
    const folder = await temporaryFolder();
    const store = await openStore(folder);
    await put(store, { table: state, key: key(1), value: new Uint8Array(5_000) });
    await store.close();
    // Opening again moves the log into a table file.
    await (await openStore(folder)).close();
    const tables = (await readdir(folder)).filter((name) => name.endsWith('.ldb'));
    expect(tables).toHaveLength(1);
    const table = join(folder, tables[0] ?? '');
    const content = await readFile(table);
    await writeFile(
      table,
      content.map((byte, index) => (index < 200 ? byte ^ 0xff : byte)),
    );
    expect((await refusalOf(() => openStore(folder))).code).toBe('STORE_DAMAGED');
    await rm(table);
    expect((await refusalOf(() => openStore(folder))).code).toBe('STORE_DAMAGED');
  });

  test('refuses a format that is newer or older, and says which', async () => {
    const folder = await temporaryFolder();
    const store = await openStore(folder);
    await put(store, { table: meta, key: utf8('format'), value: key(200) });
    await store.close();
    const refusal = await refusalOf(() => openStore(folder));
    expect(refusal).toMatchObject({ code: 'STORE_FORMAT', data: { found: 200, known: 3 } });
    // The refusal let go of the lock.
    expect((await refusalOf(() => openStore(folder))).code).toBe('STORE_FORMAT');
  });

  test('refuses a store of version 1, which had no checksums', async () => {
    const folder = await temporaryFolder();
    const old = new Level<Uint8Array, Uint8Array>(folder, { keyEncoding: 'view', valueEncoding: 'view' });
    await old.put(Uint8Array.of(meta, ...utf8('format')), key(1));
    await old.close();
    const refusal = await refusalOf(() => openStore(folder));
    expect(refusal).toMatchObject({ code: 'STORE_FORMAT', data: { found: 1, known: 3 } });
  });

  test('refuses a LevelDB that is not ours', async () => {
    const folder = await temporaryFolder();
    const other = new Level(folder);
    await other.put('somebody', 'else');
    await other.close();
    expect((await refusalOf(() => openStore(folder))).code).toBe('STORE_DAMAGED');
  });

  test('names a path that cannot hold a store', async () => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    expect(await refusalOf(() => openStore(file))).toMatchObject({
      code: 'STORE_FAILED',
      data: { cause: 'EEXIST' },
    });
  });
});
