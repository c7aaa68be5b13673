// Owns: subtrees while the state tree is rebuilt, and hashing their inner nodes level by level. Does not own: what is
// rebuilt (state-tree-update.ts).
import { HASH_BYTES, type HashBlocks64 } from './hash.ts';
import { EMPTY_HASH, INNER_NODE_BYTES } from './state-tree.ts';

/**
 * A subtree while it is rebuilt. Its hash is the 32 bytes of `source` from `at` on: copying every hash out would be much
 * of the work. `stored` stands untouched at its place. The hash of an `inner` is filled in when its level is hashed.
 */
export type Subtree =
  | { readonly kind: 'empty' | 'stored'; readonly source: Uint8Array; readonly at: number }
  | { readonly kind: 'leaf'; readonly source: Uint8Array; readonly at: number; readonly node: Uint8Array }
  | Inner;

export interface Inner {
  readonly kind: 'inner';
  source: Uint8Array;
  at: number;
  node: Uint8Array;
  readonly left: Subtree;
  readonly right: Subtree;
}

/** The one empty subtree: what was empty and stays so is the same object. */
export const EMPTY: Subtree = { kind: 'empty', source: EMPTY_HASH, at: 0 };

/** The subtree that an inner node names by the hash at this offset. */
export function childOf(node: Uint8Array, at: number): Subtree {
  for (let index = 0; index < HASH_BYTES; index += 1)
    if (node[at + index] !== 0) return { kind: 'stored', source: node, at };
  return EMPTY;
}

/** Fills in node and hash of all inner nodes: deepest level first, one call of `hashBlocks` per level. */
export function hashLevels(levels: readonly (readonly Inner[])[], hashBlocks: HashBlocks64): void {
  for (const level of levels.toReversed()) {
    if (level.length === 0) continue;
    const blocks = new Uint8Array(level.length * INNER_NODE_BYTES);
    level.forEach(({ left, right }, index) => {
      copyHash(left, blocks, index * INNER_NODE_BYTES);
      copyHash(right, blocks, index * INNER_NODE_BYTES + HASH_BYTES);
    });
    const digests = hashBlocks(blocks);
    level.forEach((inner, index) => {
      inner.node = blocks.slice(index * INNER_NODE_BYTES, (index + 1) * INNER_NODE_BYTES);
      inner.source = digests;
      inner.at = index * HASH_BYTES;
    });
  }
}

function copyHash(subtree: Subtree, target: Uint8Array, start: number): void {
  const { source, at } = subtree;
  for (let index = 0; index < HASH_BYTES; index += 1) target[start + index] = source[at + index] ?? 0;
}
