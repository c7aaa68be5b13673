// Owns: the keys that a home holds beside its own while they rotate: the next ones, in a folder of their own. Does not own:
// which of the two is used when (daemon/held-keys.ts), making them (setup/rotation.ts).
import { isConsiliumError } from '@consilium/core';
import type { HomePaths } from '../files/home-paths.ts';
import type { NodeKey } from './key-file.ts';
import type { Unlock } from './passphrase.ts';
import { readKeyFile, refuseOther } from './store.ts';

export const ROTATING = ['validator', 'network', 'custody'] as const;
export type RotatingRole = (typeof ROTATING)[number];
export type NextKeys = Readonly<Partial<Record<RotatingRole, NodeKey>>>;

/** Those that are there. Throws as `readKeyFile`, and `KEY_FILE_MALFORMED` when one is of another institution. */
export async function readNextKeys(paths: HomePaths, own: NodeKey, unlock?: Unlock): Promise<NextKeys> {
  const found: Partial<Record<RotatingRole, NodeKey>> = {};
  for (const role of ROTATING) {
    const file = paths.nextKeys[role];
    const key = await readKeyFile(file, role, unlock).catch((error: unknown) => {
      if (isConsiliumError(error, 'KEY_FILE_MISSING')) return undefined;
      throw error;
    });
    if (key === undefined) continue;
    refuseOther(own, key, file);
    found[role] = key;
  }
  return found;
}
