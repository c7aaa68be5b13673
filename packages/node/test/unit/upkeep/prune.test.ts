import { readFile, writeFile } from 'node:fs/promises';
import { fromHex } from '@consilium/core';
import { describe, expect, test } from 'vitest';
import { readBase, readBlock, readTip } from '../../../src/replica/chain.ts';
import { pruneBounds, pruneSlice } from '../../../src/replica/prune.ts';
import { Pruner } from '../../../src/replica/pruner.ts';
import { TABLES } from '../../../src/tables.ts';
import { bytesIn } from '../../../src/upkeep/folder-bytes.ts';
import { pruneHome } from '../../../src/upkeep/prune-home.ts';
import { verifyHome } from '../../../src/verify/verify-home.ts';
import { createManualClock } from '../../support/fakes.ts';
import { createSetClock, type LoneHome, makeLoneHome, runLone } from '../../support/filled-home.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const WINDOW = 40;
const BLOCK_EVERY_MS = 10_000;

/** A chain with one block every ten seconds, of which only the last forty can be evidence. */
async function chainOf(
  blocks: number,
  txsPerBlock = 1,
): Promise<LoneHome & { readonly txs: readonly string[] }> {
  const lone = await makeLoneHome(await temporaryFolder(), { evidenceWindowHeights: WINDOW });
  const clock = createSetClock();
  await using node = await runLone(lone, { clock });
  const txs: string[] = [];
  for (let block = 0; block < blocks; block += 1) {
    clock.pass(BLOCK_EVERY_MS);
    txs.push(...(await node.commit(txsPerBlock)));
  }
  return { ...lone, txs };
}

const TIP = {
  height: 100_000,
  blockId: '00'.repeat(32),
  time: 1_800_000_000_000,
  stateRoot: '00'.repeat(32),
};
const MINUTE_MS = 60_000;

describe('what may be pruned', () => {
  test('is nothing where everything is to be kept', () => {
    expect(pruneBounds({ blocks: 0, days: 0 }, TIP, 10)).toBeUndefined();
  });

  test('never reaches into the evidence window, the replay window or the last heights, whatever is asked for', () => {
    const bounds = pruneBounds({ blocks: 1, days: 0 }, TIP, 10_000);
    expect(bounds).toEqual({ belowHeight: 90_001, beforeTimeMs: TIP.time - 5 * MINUTE_MS - 1 });
    expect(pruneBounds({ blocks: 1, days: 0 }, TIP, 10)?.belowHeight).toBe(TIP.height - 64 + 1);
  });

  test('is what is over both bounds, by number and by days of the chain itself', () => {
    const bounds = pruneBounds({ blocks: 30_000, days: 2 }, TIP, 10_000);
    expect(bounds).toEqual({ belowHeight: 70_001, beforeTimeMs: TIP.time - 2 * 24 * 60 * MINUTE_MS });
  });
});

describe('pruning', { timeout: 120_000 }, () => {
  test('pruned disk shrinks, and what is left is a whole home that goes on', async () => {
    const home = await chainOf(180, 6);
    const config = await readFile(home.paths.config, 'utf8');
    await writeFile(home.paths.config, config.replace(/^#? ?keep_blocks = 0$/m, 'keep_blocks = 70'));
    const before = await bytesIn(home.paths.data);
    const report = await pruneHome(home.paths.home);
    const after = await bytesIn(home.paths.data);
    expect(report).toMatchObject({ height: 180, base: 111, blocksDeleted: 110 });
    // 110 of 180 blocks went; state and tree stay.
    expect(after).toBeLessThan(0.6 * before);
    expect(report.bytesAfter).toBeLessThan(0.6 * report.bytesBefore);
    expect(await verifyHome(home.paths.home)).toMatchObject({ whole: true, base: 111, height: 180 });
    await using node = await runLone(home, { clock: laterClock(180) });
    expect(readBlock(node.home.store, 110)).toBeUndefined();
    expect(node.home.store.get(TABLES.transactions, fromHex(home.txs[0] ?? ''))).toBeUndefined();
    expect(node.home.store.get(TABLES.transactions, fromHex(home.txs.at(-1) ?? ''))).toBeDefined();
    await node.commit();
    expect(readTip(node.home.store)?.height).toBe(181);
  });

  test('deletes nothing a second time, and nothing of an archive', async () => {
    const home = await chainOf(80);
    expect(await pruneHome(home.paths.home)).toMatchObject({ blocksDeleted: 0, base: 1 });
    expect(await pruneHome(home.paths.home, { keep: { blocks: 1 } })).toMatchObject({ blocksDeleted: 16 });
    expect(await pruneHome(home.paths.home, { keep: { blocks: 1 } })).toMatchObject({
      blocksDeleted: 0,
      base: 17,
    });
  });

  test('a slice is one batch with its base: cut short anywhere, the rest is found by the next', async () => {
    const home = await chainOf(150);
    await using node = await runLone(home, { clock: laterClock(150) });
    const { store } = node.home;
    const tip = readTip(store);
    const bounds = tip && pruneBounds({ blocks: 1, days: 0 }, tip, WINDOW);
    const first = bounds && pruneSlice(store, bounds);
    expect(first).toMatchObject({ base: 65, blocks: 64, more: true });
    expect(readBase(store)).toBe(1);
    await new Promise((resolve) => store.write(first?.writes ?? [], resolve));
    expect(readBase(store)).toBe(65);
    expect(bounds && pruneSlice(store, bounds)).toMatchObject({ base: 87, more: false });
  });

  test('runs beside agreement in slices, gives back the room, and stops when it is told to', async () => {
    const home = await chainOf(150);
    await using node = await runLone(home, { clock: laterClock(150) });
    const { store } = node.home;
    const clock = createManualClock(0);
    const compacted: number[] = [];
    const pruner = new Pruner(
      {
        kv: {
          get: store.get,
          write: (batch, done) =>
            store.write(batch, (error) => {
              done(error);
              wrote();
            }),
        },
        clock,
        report: () => undefined,
        tip: () => node.opened.ledger.tip,
        compact: (ranges, done) => {
          compacted.push(...ranges.map(({ table }) => table));
          done();
        },
      },
      { keep: { blocks: 1, days: 0 }, evidenceWindowHeights: () => WINDOW },
    );
    let wrote: () => void = () => undefined;
    const slice = (ms: number): Promise<void> =>
      new Promise((resolve) => {
        wrote = resolve;
        clock.advance(ms);
      });
    pruner.start();
    await slice(10_000);
    expect(readBase(store)).toBe(65);
    await slice(100);
    expect(readBase(store)).toBe(87);
    pruner.stop();
    clock.advance(60_000);
    expect(compacted).toEqual([]);
  });
});

/** A clock that stands where the chain ended. */
function laterClock(blocks: number): ReturnType<typeof createSetClock> {
  const clock = createSetClock();
  clock.pass((blocks + 1) * BLOCK_EVERY_MS);
  return clock;
}
