// Owns: tree nodes in memory, alone or laid over another reader: what a block changes before it is committed.
// Does not own: the tree's rules (state-tree.ts), durable storage.
import { toHex } from './bytes.ts';
import type { TreeReader } from './state-tree.ts';
import type { TreeWrite } from './state-tree-update.ts';

export interface MemoryTree extends TreeReader {
  write(nodes: readonly TreeWrite[]): void;
}

/** A removed node hides the base's node of the same path. The base is never written. */
export function createMemoryTree(base?: TreeReader): MemoryTree {
  const nodes = new Map<string, Uint8Array | null>();
  return {
    node: (path) => {
      const own = nodes.get(toHex(path));
      return own === undefined ? base?.node(path) : (own ?? undefined);
    },
    write: (writes) => {
      for (const { path, node } of writes) {
        if (node === null && base === undefined) nodes.delete(toHex(path));
        else nodes.set(toHex(path), node);
      }
    },
  };
}
