import { chmod, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fromHex, utf8 } from '@consilium/core';
import { Level } from 'level';
import { describe, expect, test } from 'vitest';
import { readBase, readTip } from '../../../src/replica/chain.ts';
import { sealRow } from '../../../src/store/checksum.ts';
import { openStore } from '../../../src/store/store.ts';
import { TABLES } from '../../../src/tables.ts';
import { verifyHome } from '../../../src/verify/verify-home.ts';
import { type LoneHome, makeLoneHome, runLone } from '../../support/filled-home.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const FORMAT = Uint8Array.of(TABLES.meta, ...utf8('format'));
const BASE = Uint8Array.of(TABLES.meta, ...utf8('base'));

async function raw<T>(
  path: string,
  use: (database: Level<Uint8Array, Uint8Array>) => Promise<T>,
): Promise<T> {
  const database = new Level<Uint8Array, Uint8Array>(path, { keyEncoding: 'view', valueEncoding: 'view' });
  const result = await use(database);
  await database.close();
  return result;
}

/** A chain as software of format 2 left it: no base, and its number. */
async function homeOfFormat2(): Promise<LoneHome> {
  const lone = await makeLoneHome(await temporaryFolder());
  await using node = await runLone(lone);
  for (let block = 0; block < 3; block += 1) await node.commit(2);
  await node[Symbol.asyncDispose]();
  await raw(lone.paths.data, async (database) => {
    await database.del(BASE);
    await database.put(FORMAT, sealRow(FORMAT, Uint8Array.of(2)));
  });
  return lone;
}

const formatOf = (path: string): Promise<number | undefined> =>
  raw(path, async (database) => (await database.get(FORMAT))?.[0]);

describe('a store of format 2', () => {
  test('is brought to format 3 when it is opened, with what changes copied beside it first, and the chain goes on', async () => {
    const lone = await homeOfFormat2();
    const { data } = lone.paths;
    const before = await raw(data, async (database) => (await database.get(FORMAT)) as Uint8Array);
    const store = await openStore(data);
    expect([readBase(store), readTip(store)?.height]).toEqual([1, 3]);
    await store.close();
    expect(await formatOf(data)).toBe(3);
    const copied = JSON.parse(await readFile(`${data}.format-2.json`, 'utf8')) as {
      rows: { key: string; row: string | null }[];
    };
    expect(copied.rows.map(({ row }) => row && fromHex(row))).toEqual([null, Uint8Array.from(before)]);
    expect(await verifyHome(lone.paths.home)).toMatchObject({ whole: true, height: 3 });
    await using node = await runLone(lone);
    await node.commit();
    expect(readTip(node.home.store)?.height).toBe(4);
  });

  test('stays as it was when nothing can be copied beside it, and is brought over by the next opening', async () => {
    const lone = await homeOfFormat2();
    const { data } = lone.paths;
    const real = await openStore(data, { migrate: false }).catch((error: { code: string }) => error.code);
    expect(real).toBe('STORE_FORMAT');
    if (process.getuid?.() !== 0) {
      await chmod(dirname(data), 0o500);
      await expect(openStore(data)).rejects.toMatchObject({ code: 'STORE_FAILED' });
      await chmod(dirname(data), 0o700);
    }
    expect(await formatOf(data)).toBe(2);
    expect(await readdir(dirname(data))).not.toContain('data.format-2.json');
    await (await openStore(data)).close();
    expect(await formatOf(data)).toBe(3);
  });

  test('that a crash left between the copy and the batch is brought over as if nothing had been', async () => {
    const lone = await homeOfFormat2();
    const { data } = lone.paths;
    await (await openStore(data)).close();
    const copy = await readFile(join(dirname(data), 'data.format-2.json'), 'utf8');
    await raw(data, async (database) => {
      await database.del(BASE);
      await database.put(FORMAT, sealRow(FORMAT, Uint8Array.of(2)));
    });
    await (await openStore(data)).close();
    expect(await formatOf(data)).toBe(3);
    expect(await readFile(join(dirname(data), 'data.format-2.json'), 'utf8')).toBe(copy);
  });
});
