import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Block, type Certificate, genesisState, genesisTip } from '@consilium/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Chain, createChain } from '../../../../core/test/kit/chain.ts';
import type { KvWrite } from '../../../src/ports.ts';
import { commitWrites, genesisWrites } from '../../../src/replica/chain.ts';
import type { Committed } from '../../../src/replica/replica.ts';
import { isDue, openKeeper, type SnapshotKeeper } from '../../../src/snapshots/keeper.ts';
import { HASHING } from '../../../src/snapshots/make.ts';
import { openStore, type Store } from '../../../src/store/store.ts';
import { cutState } from '../../../src/sync/snapshot-cut.ts';
import { decodeManifest } from '../../../src/sync/snapshot-format.ts';
import { TABLES } from '../../../src/tables.ts';
import { createEventLog, createManualClock } from '../../support/fakes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let store: Store;
let chain: Chain;
let root: string;
let keeper: SnapshotKeeper;
const log = createEventLog();

const write = (batch: readonly KvWrite[]): Promise<void> =>
  new Promise((resolve, reject) => store.write(batch, (error) => (error ? reject(error) : resolve())));
const open = (): Promise<SnapshotKeeper> =>
  openKeeper(
    { root, store, clock: createManualClock(), report: log.report },
    { everyBlocks: 2, everyMinutes: 0 },
  );

async function commit(by: Committed['by'] = 'decision'): Promise<Block> {
  const { block, execution } = chain.commit([]);
  await write(
    commitWrites({ block, certificate: chain.certificate() as Certificate, execution, polkas: [] }),
  );
  keeper.committed({ block, by } as Committed);
  return block;
}

function chunkOf(height: number, index: number): Promise<Uint8Array | undefined> {
  return new Promise((resolve) => keeper.source.chunk(height, index, resolve));
}

const heights = (): number[] => keeper.source.manifests().map((bytes) => decodeManifest(bytes).header.height);

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

beforeEach(async () => {
  const folder = await temporaryFolder();
  root = join(folder, 'snapshots');
  store = await openStore(join(folder, 'data'));
  chain = createChain();
  await write(genesisWrites(genesisState(chain.genesis), genesisTip(chain.genesis)));
  keeper = await open();
});
afterEach(async () => {
  await keeper.stop();
  await store.close();
});

describe('snapshots of a daemon', () => {
  test('are made when they are due, of that very block though others follow, and two are kept', async () => {
    for (let made = 0; made < 6; made += 1) {
      const { header } = await commit();
      if (header.height % 2 === 0) await until(() => heights()[0] === header.height);
    }
    expect(heights()).toEqual([6, 4]);
    // What is served comes first, and then the oldest goes from the disk.
    await keeper.stop();
    expect((await readdir(root)).sort()).toEqual(['4', '6']);
  });

  test('are the same ones that the state cut in memory gives', async () => {
    await commit();
    const { header } = await commit();
    await until(() => heights().length === 1);
    const snapshot = store.snapshot();
    const rows = await snapshot.entries(TABLES.state, { limit: 100_000 });
    snapshot.close();
    const { manifest, chunks } = cutState(header, rows, HASHING);
    expect(keeper.source.manifests()).toEqual([manifest]);
    expect(await chunkOf(2, 0)).toEqual(chunks[0]);
    expect(await chunkOf(2, chunks.length)).toBeUndefined();
    expect(await chunkOf(3, 0)).toBeUndefined();
  });

  test('outlive a restart, but for what is damaged or half made', async () => {
    for (let made = 0; made < 4; made += 1) {
      const { header } = await commit();
      if (header.height % 2 === 0) await until(() => heights()[0] === header.height);
    }
    await keeper.stop();
    const file = join(root, '4', 'manifest');
    const bytes = await readFile(file);
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    await writeFile(file, bytes);
    keeper = await open();
    expect(heights()).toEqual([2]);
    expect(await readdir(root)).toEqual(['2']);
  });

  test('of which a byte flipped on the disk are not served, and that is said', async () => {
    await commit();
    await commit();
    await until(() => heights().length === 1);
    const file = join(root, '2', '00000.chunk');
    const bytes = await readFile(file);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    await writeFile(file, bytes);
    expect(await chunkOf(2, 0)).toBeUndefined();
    expect(log.codes()).toContain('snapshot.damaged');
  });

  test('are not made by a node that catches up, nor before the first block, and on demand at once', async () => {
    await expect(keeper.make()).rejects.toMatchObject({ code: 'SNAPSHOT_NONE' });
    await commit();
    await commit('sync');
    expect(await keeper.make()).toMatchObject({ height: 2, chunks: 1 });
    expect(heights()).toEqual([2]);
  });

  test('are not kept of a state that is not the one of its block', async () => {
    await commit();
    await write([{ table: TABLES.state, key: Uint8Array.of(9, 9), value: Uint8Array.of(1) }]);
    await expect(keeper.make()).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    expect(heights()).toEqual([]);
    await rm(root, { recursive: true });
  });
});

test('a snapshot is due at the same heights everywhere: by height, or by the time of the chain', () => {
  const hourly = { everyBlocks: 100, everyMinutes: 60 };
  const hour = 3_600_000;
  expect(isDue(hourly, 200, 1, 2)).toBe(true);
  expect(isDue(hourly, 201, 1, 2)).toBe(false);
  expect(isDue(hourly, 201, hour - 1, hour)).toBe(true);
  expect(isDue(hourly, 201, hour, hour + 1)).toBe(false);
  expect(isDue({ everyBlocks: 0, everyMinutes: 0 }, 200, 1, 9 * hour)).toBe(false);
});
