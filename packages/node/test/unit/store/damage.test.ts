import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ConsiliumError, isConsiliumError } from '@consilium/core';
import { Level } from 'level';
import { describe, expect, test } from 'vitest';
import type { KvWrite } from '../../../src/ports.ts';
import { openStore, type Store } from '../../../src/store/store.ts';
import { TABLES } from '../../../src/tables.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const { state, tree, blocks } = TABLES;
const ROWS = 2_000;
const FLIPS = 40;

const keyOf = (row: number): Uint8Array => Uint8Array.of(row >> 8, row & 0xff);
/** Of several lengths; some pack well, some do not. */
const valueOfRow = (row: number): Uint8Array =>
  Uint8Array.from({ length: 20 + (row % 300) }, (_, at) => (row % 3 === 0 ? row : row * 31 + at * at * 7));

const put = (store: Store, batch: readonly KvWrite[]): Promise<ConsiliumError | undefined> =>
  new Promise((resolve) => store.write(batch, resolve));

async function fill(folder: string, rows: number): Promise<void> {
  await using store = await openStore(folder);
  for (let first = 0; first < rows; first += 50) {
    const batch = Array.from({ length: 50 }, (_, index) => first + index).map((row) => ({
      table: [state, tree, blocks][row % 3] as number,
      key: keyOf(row),
      value: valueOfRow(row),
    }));
    expect(await put(store, batch)).toBeUndefined();
  }
}

type Answer = 'right' | 'noticed' | 'wrong' | 'rolled back';

/** What a daemon would be told of all rows, and of a page of them. */
async function read(folder: string): Promise<Answer> {
  const told: ConsiliumError[] = [];
  let store: Store | undefined;
  try {
    store = await openStore(folder, { onDamage: (error) => told.push(error) });
    return await readAll(store);
  } catch (error) {
    if (!isConsiliumError(error)) throw error;
    return 'noticed';
  } finally {
    await store?.close();
  }
}

async function readAll(store: Store): Promise<Answer> {
  let lost = 0;
  for (let row = 0; row < ROWS; row += 1) {
    const found = store.get([state, tree, blocks][row % 3] as number, keyOf(row));
    if (found === undefined) lost += 1;
    else if (lost > 0 || !Buffer.from(found).equals(valueOfRow(row))) return 'wrong';
  }
  using snapshot = store.snapshot();
  for (const { key, value } of await snapshot.entries(state, { limit: ROWS })) {
    const row = ((key[0] as number) << 8) | (key[1] as number);
    if (!Buffer.from(value).equals(valueOfRow(row))) return 'wrong';
  }
  // Rows were written in their order: what is missing is what was written last.
  return lost === 0 ? 'right' : 'rolled back';
}

async function flip(file: string, position: number, bit: number): Promise<void> {
  const content = await readFile(file);
  content[position] = (content[position] as number) ^ (1 << bit);
  await writeFile(file, content);
}

/** Flips one bit at each of many places of the file, each in a copy, and says what was answered. */
async function answersAfterFlips(folder: string, name: string): Promise<Answer[]> {
  const { length } = await readFile(join(folder, name));
  const answers: Answer[] = [];
  for (let flipped = 0; flipped < FLIPS; flipped += 1) {
    const copy = await temporaryFolder();
    await cp(folder, copy, { recursive: true });
    // Both ends, and even steps in between.
    await flip(join(copy, name), Math.round((flipped * (length - 1)) / (FLIPS - 1)), flipped % 8);
    answers.push(await read(copy));
    await rm(copy, { recursive: true });
  }
  return answers;
}

async function namesOf(folder: string, pattern: RegExp): Promise<string[]> {
  return (await readdir(folder)).filter((name) => pattern.test(name));
}

describe('one bit flipped on the disk', () => {
  /** A store whose rows are in the log, or after opening again in a table file. */
  async function filled(where: 'log' | 'table'): Promise<string> {
    const folder = await temporaryFolder();
    await fill(folder, ROWS);
    if (where === 'table') await (await openStore(folder)).close();
    return folder;
  }

  test('in a table file is noticed, 40 of 40', async () => {
    const tables = await filled('table');
    const [name = '', ...others] = await namesOf(tables, /\.ldb$/);
    expect(others).toEqual([]);
    expect(await answersAfterFlips(tables, name)).toEqual(Array(FLIPS).fill('noticed'));
  });

  test('in the log is noticed, or takes back the very last batch, 40 of 40', async () => {
    const logged = await filled('log');
    const [name = '', ...others] = await namesOf(logged, /\.log$/);
    expect(others).toEqual([]);
    const answers = await answersAfterFlips(logged, name);
    expect(answers.filter((answer) => answer === 'noticed').length).toBeGreaterThanOrEqual(FLIPS - 2);
    expect(answers.filter((answer) => answer === 'wrong')).toEqual([]);
  });

  test('in the manifest or in CURRENT is noticed, 40 of 40', async () => {
    const tables = await filled('table');
    expect(await read(tables)).toBe('right');
    const [manifest = ''] = await namesOf(tables, /^MANIFEST-/);
    for (const name of [manifest, 'CURRENT']) {
      const answers = await answersAfterFlips(tables, name);
      expect(answers.filter((answer) => answer === 'wrong' || answer === 'rolled back')).toEqual([]);
      expect(answers).toContain('noticed');
    }
  });

  test('while the store is open ends the read of that row, and tells its owner the table and a digest of the key', async () => {
    const folder = await temporaryFolder();
    await fill(folder, 50);
    const bytes = { keyEncoding: 'view', valueEncoding: 'view' } as const;
    // What a compaction does with a block that had gone bad: a new table whose own checksums are right.
    const raw = new Level<Uint8Array, Uint8Array>(folder, bytes);
    const storeKey = Uint8Array.of(state, ...keyOf(3));
    const row = Uint8Array.from((await raw.get(storeKey)) as Uint8Array);
    row[5] = (row[5] as number) ^ 4;
    await raw.put(storeKey, row);
    await raw.close();

    const told: ConsiliumError[] = [];
    await using store = await openStore(folder, { onDamage: (error) => told.push(error) });
    const expected = {
      code: 'STORE_DAMAGED',
      data: { table: 'state', key: expect.stringMatching(/^[0-9a-f]{16}$/) },
    };
    expect(() => store.get(state, keyOf(3))).toThrow(expect.objectContaining(expected));
    using snapshot = store.snapshot();
    expect(() => snapshot.get(state, keyOf(3))).toThrow(expect.objectContaining(expected));
    await expect(snapshot.entries(state, { limit: 100 })).rejects.toMatchObject(expected);
    expect(told.map(({ data }) => data)).toEqual(Array(3).fill(expected.data));
    expect(store.get(state, keyOf(6))).toEqual(valueOfRow(6));
  });

  test('a value that stands under another key is damage too', async () => {
    const folder = await temporaryFolder();
    await fill(folder, 50);
    const raw = new Level<Uint8Array, Uint8Array>(folder, { keyEncoding: 'view', valueEncoding: 'view' });
    const other = (await raw.get(Uint8Array.of(state, ...keyOf(6)))) as Uint8Array;
    await raw.put(Uint8Array.of(state, ...keyOf(3)), Uint8Array.from(other));
    await raw.close();
    await using store = await openStore(folder);
    expect(() => store.get(state, keyOf(3))).toThrow(expect.objectContaining({ code: 'STORE_DAMAGED' }));
  });
});

describe('a file of the store', () => {
  test('that names the others and is gone is damage, not a new store', async () => {
    const folder = await temporaryFolder();
    await fill(folder, 50);
    await rm(join(folder, 'CURRENT'));
    await expect(openStore(folder)).rejects.toMatchObject({
      code: 'STORE_DAMAGED',
      data: { file: 'CURRENT' },
    });
    // And nothing was made in its place.
    expect(await readdir(folder)).not.toContain('CURRENT');
  });

  test('that is named and gone is damage, and so is a log that holds another file', async () => {
    const folder = await temporaryFolder();
    await fill(folder, 50);
    const [manifest = ''] = await namesOf(folder, /^MANIFEST-/);
    const [log = ''] = await namesOf(folder, /\.log$/);
    await cp(join(folder, manifest), join(folder, log));
    await expect(openStore(folder)).rejects.toMatchObject({ code: 'STORE_DAMAGED', data: { file: log } });
    await rm(join(folder, manifest));
    await expect(openStore(folder)).rejects.toMatchObject({
      code: 'STORE_DAMAGED',
      data: { file: 'CURRENT' },
    });
  });

  test('that a crash left half written, and that nothing names, is no damage', async () => {
    const folder = await temporaryFolder();
    await fill(folder, ROWS);
    await writeFile(join(folder, '000999.ldb'), 'half a table');
    expect(await read(folder)).toBe('right');
  });

  test('that another process is writing is not taken for damage', async () => {
    const folder = await temporaryFolder();
    await fill(folder, 50);
    await using store = await openStore(folder);
    const [log = ''] = await namesOf(folder, /\.log$/);
    await put(store, [{ table: state, key: keyOf(1), value: new Uint8Array(100) }]);
    await put(store, [{ table: state, key: keyOf(2), value: new Uint8Array(100) }]);
    await flip(join(folder, log), 10, 1);
    await expect(openStore(folder)).rejects.toMatchObject({ code: 'STORE_LOCKED' });
  });

  test('whose log ends in a torn batch is as a power cut left it: the batch is gone, and no other', async () => {
    const folder = await temporaryFolder();
    await fill(folder, ROWS);
    const [log = ''] = await namesOf(folder, /\.log$/);
    const content = await readFile(join(folder, log));
    await writeFile(join(folder, log), content.subarray(0, content.length - 100));
    expect(await read(folder)).toBe('rolled back');
  });
});
