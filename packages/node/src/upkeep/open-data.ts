// Owns: the store and the vault of a stopped daemon's home, opened and closed around one piece of work. Does not own: the work.
import { type HomePaths, openLocked } from '../files/home.ts';
import type { Store } from '../store/store.ts';
import { type LocalVault, openVault } from '../vault/vault.ts';

/** Throws `STORE_LOCKED` while the node runs, and what is wrong with either. */
export async function withData<T>(
  paths: HomePaths,
  work: (store: Store, vault: LocalVault) => Promise<T>,
): Promise<T> {
  const store = await openLocked(paths, {});
  try {
    const vault = await openVault(paths.vault, store, () => undefined);
    try {
      return await work(store, vault);
    } finally {
      await vault.close();
    }
  } finally {
    await store.close();
  }
}
