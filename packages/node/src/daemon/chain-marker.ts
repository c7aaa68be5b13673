// Owns: that a home which held a chain never begins an empty one by itself: the folder may be lost, or a disk not mounted.
import { existsSync } from 'node:fs';
import { ConsiliumError } from '@consilium/core';
import { createFile, PUBLIC_FILE_MODE } from '../files/atomic-file.ts';
import type { OpenHome } from '../files/home.ts';
import { readTip } from '../replica/chain.ts';

type Home = Pick<OpenHome, 'paths' | 'store'>;

/** Throws `STORE_GONE` {data, marker}. Who removes the marker says that the chain may be fetched anew. */
export function refuseLostChain({ paths, store }: Home): void {
  if (readTip(store) !== undefined || !existsSync(paths.holdsChain)) return;
  throw new ConsiliumError('STORE_GONE', { data: paths.data, marker: paths.holdsChain });
}

/** Call when the store holds at least genesis, durably. */
export async function markChain({ paths }: Home): Promise<void> {
  if (existsSync(paths.holdsChain)) return;
  await createFile(paths.holdsChain, 'data/ holds a chain: an empty one is a loss.\n', PUBLIC_FILE_MODE);
}
