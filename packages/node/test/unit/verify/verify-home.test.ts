import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fromHex } from '@consilium/core';
import { Level } from 'level';
import { describe, expect, test } from 'vitest';
import { heightKey } from '../../../src/replica/chain.ts';
import { sealRow } from '../../../src/store/checksum.ts';
import { TABLES, type TableName } from '../../../src/tables.ts';
import { keyDigest } from '../../../src/verify/findings.ts';
import { verifyHome } from '../../../src/verify/verify-home.ts';
import { fillVault, type LoneHome, makeLoneHome, runLone } from '../../support/filled-home.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const BLOCKS = 5;

interface Filled extends LoneHome {
  readonly txs: readonly string[];
}

async function filledHome(): Promise<Filled> {
  const lone = await makeLoneHome(await temporaryFolder());
  await using node = await runLone(lone);
  const txs: string[] = [];
  for (let block = 0; block < BLOCKS; block += 1) txs.push(...(await node.commit(2)));
  await fillVault(node);
  return { ...lone, txs };
}

/** What LevelDB and the checksums of rows cannot notice: another value under the same key, or none. */
async function rewrite(
  { paths }: Filled,
  table: TableName,
  key: Uint8Array,
  change: (value: Uint8Array) => Uint8Array | null,
): Promise<void> {
  const raw = new Level<Uint8Array, Uint8Array>(paths.data, { keyEncoding: 'view', valueEncoding: 'view' });
  const storeKey = Uint8Array.of(TABLES[table], ...key);
  const row = Uint8Array.from((await raw.get(storeKey)) as Uint8Array);
  const value = change(row.subarray(0, -4));
  if (value === null) await raw.del(storeKey);
  else await raw.put(storeKey, sealRow(storeKey, value));
  await raw.close();
}

const flipLast = (value: Uint8Array): Uint8Array => value.with(value.length - 1, (value.at(-1) ?? 0) ^ 1);

async function firstKey({ paths }: Filled, table: TableName): Promise<Uint8Array> {
  const raw = new Level<Uint8Array, Uint8Array>(paths.data, { keyEncoding: 'view', valueEncoding: 'view' });
  const keys = raw.keys({
    gte: Uint8Array.of(TABLES[table]),
    lt: Uint8Array.of(TABLES[table] + 1),
    limit: 1,
  });
  const [key] = await keys.all();
  await raw.close();
  return Uint8Array.from(key ?? []).subarray(1);
}

async function flipByte(file: string, at: (length: number) => number): Promise<void> {
  const content = await readFile(file);
  const place = at(content.length);
  content[place] = (content[place] as number) ^ 0x04;
  await writeFile(file, content);
}

describe('node verify', () => {
  test('finds a home whole, changes nothing in it, and says how much it looked at', async () => {
    const home = await filledHome();
    const report = await verifyHome(home.paths.home);
    expect(report).toMatchObject({
      whole: true,
      damaged: [],
      notLookedAt: [],
      height: expect.any(Number),
      base: 1,
    });
    expect(report.height).toBeGreaterThanOrEqual(BLOCKS);
    expect(report.looked).toMatchObject({ blocks: report.height, blobs: 2 });
    expect(report.looked.stateRows).toBeGreaterThan(5);
    expect(report.looked.treeNodes).toBeGreaterThanOrEqual(report.looked.stateRows);
    await using node = await runLone(home);
    await node.commit();
  });

  test('refuses while a daemon uses the home, and names its process', async () => {
    const home = await makeLoneHome(await temporaryFolder());
    await using node = await runLone(home);
    await node.commit();
    await expect(verifyHome(home.paths.home)).rejects.toMatchObject({
      code: 'STORE_LOCKED',
      data: { pid: process.pid },
    });
  });

  test('refuses a folder that is no home', async () => {
    await expect(verifyHome(await temporaryFolder())).rejects.toMatchObject({ code: 'HOME_MISSING' });
  });

  /** Rows whose checksums are right and that are not what they should be. */
  const altered: readonly {
    readonly what: string;
    readonly table: TableName;
    readonly key: (home: Filled) => Uint8Array | Promise<Uint8Array>;
    readonly change: (value: Uint8Array) => Uint8Array | null;
    readonly named: object;
  }[] = [
    {
      what: 'a block that is gone',
      table: 'blocks',
      key: () => heightKey(2),
      change: () => null,
      named: { part: 'block', height: 2 },
    },
    {
      what: 'results that are not those of the header',
      table: 'results',
      key: () => heightKey(3),
      change: flipLast,
      named: { part: 'results', height: 3 },
    },
    {
      what: 'an index of transactions that points elsewhere',
      table: 'transactions',
      key: ({ txs }) => fromHex(txs[0] ?? ''),
      change: flipLast,
      named: { part: 'index', table: 'transactions', height: 1 },
    },
    {
      what: 'an index of blocks that is gone',
      table: 'blockHeights',
      key: (home) => firstKey(home, 'blockHeights'),
      change: () => null,
      named: { part: 'index', table: 'blockHeights' },
    },
    {
      what: 'a row of the state',
      table: 'state',
      key: (home) => firstKey(home, 'state'),
      change: flipLast,
      named: { part: 'state', table: 'state' },
    },
    {
      what: 'a row of the state that is gone',
      table: 'state',
      key: (home) => firstKey(home, 'state'),
      change: () => null,
      named: { part: 'state', table: 'state', problem: '1 rows of the tree are missing' },
    },
    {
      what: 'a node of the tree',
      table: 'tree',
      key: (home) => firstKey(home, 'tree'),
      change: flipLast,
      named: { part: 'state', table: 'tree' },
    },
  ];

  test.for(altered)('names $what', async ({ table, key, change, named }) => {
    const home = await filledHome();
    const rowKey = await key(home);
    await rewrite(home, table, rowKey, change);
    const { whole, damaged } = await verifyHome(home.paths.home);
    expect(whole).toBe(false);
    expect(damaged).toEqual([expect.objectContaining(named), ...damaged.slice(1)]);
  });

  test('names a row whose own checksum is broken by table, height and digest of the key, and goes on', async () => {
    const home = await filledHome();
    const raw = new Level<Uint8Array, Uint8Array>(home.paths.data, {
      keyEncoding: 'view',
      valueEncoding: 'view',
    });
    const storeKey = Uint8Array.of(TABLES.results, ...heightKey(2));
    const row = Uint8Array.from((await raw.get(storeKey)) as Uint8Array);
    await raw.put(storeKey, row.with(0, (row[0] ?? 0) ^ 1));
    await raw.close();
    const { damaged, looked } = await verifyHome(home.paths.home);
    const named = {
      part: 'row',
      table: 'results',
      height: 2,
      key: keyDigest(heightKey(2)),
      code: 'STORE_DAMAGED',
    };
    expect(damaged).toEqual([
      expect.objectContaining(named),
      expect.objectContaining({ part: 'results', height: 2 }),
    ]);
    expect(looked.blobs).toBe(2);
  });

  test('names every file of the store that is damaged, and does not open it', async () => {
    const home = await filledHome();
    // Opening again moves the log into a table file.
    await (await runLone(home))[Symbol.asyncDispose]();
    const tables = (await readdir(home.paths.data)).filter((name) => name.endsWith('.ldb'));
    const [table = ''] = tables;
    await flipByte(join(home.paths.data, table), () => 50);
    const { damaged, notLookedAt } = await verifyHome(home.paths.home);
    expect(damaged).toEqual([
      expect.objectContaining({ part: 'store-file', file: join('data', table), problem: 'altered' }),
    ]);
    expect(notLookedAt).toHaveLength(1);
    await rm(join(home.paths.data, table));
    const gone = await verifyHome(home.paths.home);
    expect(gone.damaged).toEqual([
      expect.objectContaining({ part: 'store-file', file: join('data', table), problem: 'missing' }),
    ]);
  });

  test('names a store that is gone where there was a chain', async () => {
    const home = await filledHome();
    await rm(home.paths.data, { recursive: true });
    const { damaged } = await verifyHome(home.paths.home);
    expect(damaged).toEqual([
      expect.objectContaining({ part: 'store-file', file: 'data', code: 'STORE_GONE' }),
    ]);
  });

  /** Small files, and the middle of each: what of them would be noticed at their very end is tested where they are read. */
  const files: readonly (readonly [part: string, file: (home: Filled) => Promise<string> | string])[] = [
    ['genesis', ({ paths }) => paths.genesis],
    ['card', ({ paths }) => paths.validatorCard],
    ['keys', ({ paths }) => paths.accountKey],
    ['keys', ({ paths }) => paths.custodyKey],
    ['log', ({ paths }) => join(paths.state, 'agreement.wal')],
    ['signing-record', ({ paths }) => join(paths.state, 'signing-record')],
    ['blob', ({ paths }) => join(paths.vault, 'segments', '00000000.segment')],
  ];

  test.for(files)('names a file with a flipped byte: %s', async ([part, fileOf]) => {
    const home = await filledHome();
    const file = await fileOf(home);
    await flipByte(file, (length) => (part === 'log' ? 20 : length >> 1));
    const { damaged } = await verifyHome(home.paths.home);
    expect(damaged.map((each) => [each.part, each.file])).toContainEqual([
      part,
      relative(home.paths.home, file),
    ]);
  });
});
