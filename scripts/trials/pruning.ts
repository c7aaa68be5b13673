// Owns: how much of the disk a pruned home gives back: a real replica of one hospital fills a real store, and the folder is
// measured before, after, and after a start. Does not own: which blocks go.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pruneHome, verifyHome } from '@consilium/node';
import { createSetClock, makeLoneHome, runLone } from '../../packages/node/test/support/filled-home.ts';
import type { Trial } from './trial.ts';

const BLOCKS = 3_000;
const TXS_PER_BLOCK = 20;
const KEPT = 300;
const BLOCK_EVERY_MS = 10_000;

export const trial: Trial = {
  about: `a chain of ${BLOCKS} blocks is pruned to ${KEPT}; the disk gets the room back (2 minutes)`,
  run: async ({ tell }) => {
    const folder = await mkdtemp(join(tmpdir(), 'consilium-pruning-'));
    try {
      const lone = await makeLoneHome(folder, { evidenceWindowHeights: KEPT });
      await fill(lone, tell);
      const startedMs = performance.now();
      const pruned = await pruneHome(lone.paths.home, { keep: { blocks: KEPT } });
      const pruneMs = Math.round(performance.now() - startedMs);
      const { whole, base } = await verifyHome(lone.paths.home);
      const { bytesBefore, bytesAfter, blocksDeleted } = pruned;
      if (!whole) throw new Error('what is left is not whole');
      if (blocksDeleted !== BLOCKS - KEPT) throw new Error(`${blocksDeleted} blocks were deleted`);
      if (bytesAfter > bytesBefore / 3) throw new Error(`${bytesBefore} bytes became ${bytesAfter}`);
      const txs = BLOCKS * TXS_PER_BLOCK;
      return { blocks: BLOCKS, txs, kept: KEPT, base, bytesBefore, bytesAfter, pruneMs };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function fill(lone: Parameters<typeof runLone>[0], tell: (line: string) => void): Promise<void> {
  const clock = createSetClock();
  await using node = await runLone(lone, { clock });
  for (let block = 1; block <= BLOCKS; block += 1) {
    clock.pass(BLOCK_EVERY_MS);
    await node.commit(TXS_PER_BLOCK);
    if (block % 500 === 0) tell(`${block} blocks`);
  }
}
