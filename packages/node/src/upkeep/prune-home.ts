// Owns: pruning the home of a stopped daemon at once, with the room given back and measured. Does not own: which blocks go
// (replica/prune.ts), pruning beside agreement (replica/pruner.ts).
import { paramsAt } from '@consilium/core';
import { loadConfig } from '../config/load.ts';
import { verifySodium } from '../crypto/ed25519-sodium.ts';
import { checkHome, homePaths, openLocked } from '../files/home.ts';
import { readBase, readTip, stateReader } from '../replica/chain.ts';
import { type Keep, PRUNED_BY_HASH, PRUNED_BY_HEIGHT, pruneBounds, pruneSlice } from '../replica/prune.ts';
import { readGenesis } from '../setup/genesis.ts';
import type { Store } from '../store/store.ts';
import { whenDone } from '../when-done.ts';
import { bytesIn } from './folder-bytes.ts';

export interface PruneReport {
  readonly base: number;
  readonly height: number;
  readonly blocksDeleted: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  /** What the bounds came to: the setting, or more where others need it. */
  readonly keep: Keep;
}

export interface PruneOptions {
  /** In place of the settings of the home. */
  readonly keep?: Partial<Keep>;
}

/** Throws `HOME_MISSING`, `STORE_LOCKED` while a daemon uses it, and what the store and the configuration throw. */
export async function pruneHome(folder: string, options: PruneOptions = {}): Promise<PruneReport> {
  const paths = homePaths(folder);
  await checkHome(paths);
  const { config } = await loadConfig(paths.config, {}, {});
  const genesis = await readGenesis(paths.genesis, verifySodium);
  const keep = { blocks: config.store.keepBlocks, days: config.store.keepDays, ...options.keep };
  const store = await openLocked(paths, {});
  try {
    const bytesBefore = await bytesIn(paths.data);
    const height = (readTip(store)?.height ?? 0) + 1;
    const { evidenceWindowHeights } = paramsAt(stateReader(store), genesis, height);
    const found = await pruneStore(store, keep, evidenceWindowHeights);
    return { ...found, keep, bytesBefore, bytesAfter: await bytesIn(paths.data) };
  } finally {
    await store.close();
  }
}

async function pruneStore(
  store: Store,
  keep: Keep,
  evidenceWindowHeights: number,
): Promise<Pick<PruneReport, 'base' | 'height' | 'blocksDeleted'>> {
  const tip = readTip(store);
  const before = readBase(store);
  const bounds = tip && pruneBounds(keep, tip, evidenceWindowHeights);
  for (let slice = bounds && pruneSlice(store, bounds); slice !== undefined; ) {
    const { writes } = slice;
    await whenDone((done) => store.write(writes, done));
    slice = bounds && pruneSlice(store, bounds);
  }
  const base = readBase(store);
  if (base > before)
    await store.compact([...PRUNED_BY_HEIGHT, ...PRUNED_BY_HASH].map((table) => ({ table })));
  return { base, height: tip?.height ?? 0, blocksDeleted: base - before };
}
