import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Level } from 'level';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { heightKey } from '../../src/replica/chain.ts';
import { TABLES } from '../../src/tables.ts';
import { repairHome } from '../../src/upkeep/repair-home.ts';
import { startLoad } from './support/load.ts';
import { createNetwork, type Network, type Validator } from './support/network.ts';
import { votedAt } from './support/voting.ts';

let network: Network;
let north: Validator;

beforeAll(async () => {
  network = await createNetwork();
  [north] = network.validators as [Validator];
  await network.start();
  const load = startLoad(network, network.validators.slice(1));
  await load.more(5);
  await load.stop();
  await north.stop();
});

afterAll(() => network.close());

/** Starts it, waits for its end by itself, and gives what it printed. */
async function failedStart(): Promise<string> {
  const before = north.log().length;
  await north.start();
  expect(await north.exited()).toEqual({ code: 1, signal: null });
  return north.log().slice(before);
}

/** Turns a bit of a row of height 1; LevelDB's own checksums are right, as after it compacted what had gone bad. */
async function turnBitIn(table: number): Promise<void> {
  const raw = new Level<Uint8Array, Uint8Array>(north.paths.data, {
    keyEncoding: 'view',
    valueEncoding: 'view',
  });
  const key = Uint8Array.of(table, ...heightKey(1));
  const row = Uint8Array.from((await raw.get(key)) as Uint8Array);
  row[0] = (row[0] as number) ^ 1;
  await raw.put(key, row);
  await raw.close();
}

describe('a daemon whose store was damaged', () => {
  test('ends with STORE_DAMAGED when a client asks for what was changed, and does not answer with it', async () => {
    await turnBitIn(TABLES.results);
    const before = north.log().length;
    await north.start();
    await north.ready();
    const answer = await fetch(`${north.apiUrl}/v1/blocks/1`);
    expect(answer.status).toBe(500);
    expect(await answer.json()).toMatchObject({ code: 'STORE_DAMAGED', data: { table: 'results' } });
    expect(await north.exited()).toEqual({ code: 1, signal: null });
    expect(north.log().slice(before)).toMatch(/^STORE_DAMAGED: .*table: results/m);
  });

  test('ends with STORE_DAMAGED when it reads such a thing for itself', async () => {
    await turnBitIn(TABLES.blocks);
    expect(await failedStart()).toMatch(/^STORE_DAMAGED: .*table: blocks/m);
  });

  test('does not start on a file with a flipped bit, and names the file', async () => {
    const file = (await readdir(north.paths.data)).find((name) => name.endsWith('.ldb')) as string;
    const path = join(north.paths.data, file);
    const content = await readFile(path);
    content[100] = (content[100] as number) ^ 1;
    await writeFile(path, content);
    expect(await failedStart()).toContain(file);
  });

  test('does not begin an empty one in its place', async () => {
    const { data } = north.paths;
    await rename(data, `${data}-away`);
    expect(await failedStart()).toMatch(/STORE_GONE/);
    expect(await failedStart()).toMatch(/STORE_GONE/);
    await rm(data, { recursive: true });
    await rename(`${data}-away`, data);
  });

  test('is repaired from its peers: what is damaged is put aside, fetched anew, and it votes', async () => {
    const { actions, left } = await repairHome(north.paths.home, 1);
    expect({ repaired: actions.map(({ what }) => what), left }).toEqual({ repaired: ['data/'], left: [] });
    await north.start();
    await north.ready();
    const load = startLoad(network, network.validators.slice(1));
    await votedAt(north);
    await load.stop();
    expect((await fetch(`${north.apiUrl}/v1/blocks/1`)).status).toBe(200);
    expect((await network.client().evidence()).value.count).toBe(0);
  });
});
