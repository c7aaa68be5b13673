// Owns: the store's snapshot in the form in which queries read it.

import type { ChainSnapshot } from '../queries/index.ts';
import { readTip } from '../replica/chain.ts';
import type { Store } from '../store/store.ts';

export function chainSnapshot(store: Store): ChainSnapshot {
  const snapshot = store.snapshot();
  return {
    height: readTip(snapshot)?.height ?? 0,
    get: (table, key) => snapshot.get(table, key),
    close: () => snapshot.close(),
  };
}
