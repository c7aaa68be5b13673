// Owns: the state tree in parts, each the whole subtree under a bit prefix: building one from its leaves alone, and the
// root that a list of parts amounts to. Does not own: how parts travel, and how large they are (the node's snapshots).
import { concat, type Hex32, toHex } from './bytes.ts';
import { type HashBlocks64, sha256 } from './hash.ts';
import { STATE_DEPTH_MAX } from './limits.ts';
import { EMPTY_HASH, leafNode, type TreeLeaf, treePath } from './state-tree.ts';
import { plantSubtree, type TreeWrite } from './state-tree-update.ts';

/** What stands under a prefix of `depth` bits. A lone leaf stands further up where its neighbours are empty. */
export interface TreePart {
  readonly depth: number;
  readonly kind: 'empty' | 'leaf' | 'inner';
  /** Zeros when empty. 32 bytes. */
  readonly hash: Uint8Array;
  /** The node and key of a lone leaf, where they are known. */
  readonly leaf?: TreeLeaf;
}

export interface BuiltPart {
  readonly part: TreePart;
  /** All nodes of the subtree, but a lone leaf: `joinParts` says where that stands. */
  readonly nodes: readonly TreeWrite[];
}

/** The part of these leaves, sorted by key hash, each once, all with the same first `depth` bits. */
export function buildPart(depth: number, leaves: readonly TreeLeaf[], hashBlocks: HashBlocks64): BuiltPart {
  const [first] = leaves;
  if (first === undefined) return { part: { depth, kind: 'empty', hash: EMPTY_HASH }, nodes: [] };
  if (leaves.length === 1)
    return { part: { depth, kind: 'leaf', hash: sha256(leafNode(first)), leaf: first }, nodes: [] };
  const { root, nodes } = plantSubtree(depth, leaves, hashBlocks);
  return { part: { depth, kind: 'inner', hash: root }, nodes };
}

export interface JoinedParts {
  readonly root: Hex32;
  /** The nodes above the parts, and their lone leaves as far as they are known. */
  readonly nodes: readonly TreeWrite[];
  /** Where each part begins: its prefix, followed by zeros. */
  readonly prefixes: readonly Uint8Array[];
}

/**
 * The tree that these parts make, in the order of their prefixes; undefined when they are no partition of it. A root that
 * is known to be the state's proves every part: its hash, and that nothing is left out between two of them.
 */
export function joinParts(parts: readonly TreePart[]): JoinedParts | undefined {
  const nodes: TreeWrite[] = [];
  const prefixes: Uint8Array[] = [];
  let next = 0;

  const place = (depth: number, prefix: Uint8Array, { kind, leaf }: TreePart): void => {
    if (kind === 'leaf' && leaf !== undefined)
      nodes.push({ path: treePath(depth, prefix), node: leafNode(leaf) });
  };

  const join = (depth: number, prefix: Uint8Array): TreePart | undefined => {
    const part = parts[next];
    if (part === undefined || part.depth < depth || depth >= STATE_DEPTH_MAX) return undefined;
    if (part.depth === depth) {
      next += 1;
      prefixes.push(prefix);
      return part;
    }
    const left = join(depth + 1, prefix);
    const rightPrefix = withBit(prefix, depth);
    const right = left && join(depth + 1, rightPrefix);
    if (left === undefined || right === undefined) return undefined;
    if (left.kind === 'empty' && right.kind !== 'inner') return { ...right, depth };
    if (right.kind === 'empty' && left.kind === 'leaf') return { ...left, depth };
    place(depth + 1, prefix, left);
    place(depth + 1, rightPrefix, right);
    const node = concat(left.hash, right.hash);
    nodes.push({ path: treePath(depth, prefix), node });
    return { depth, kind: 'inner', hash: sha256(node) };
  };

  const whole = join(0, EMPTY_HASH);
  if (whole === undefined || next !== parts.length) return undefined;
  place(0, EMPTY_HASH, whole);
  return { root: toHex(whole.hash), nodes, prefixes };
}

function withBit(prefix: Uint8Array, depth: number): Uint8Array {
  const set = prefix.slice();
  const index = depth >> 3;
  set[index] = (set[index] ?? 0) | (0x80 >> (depth & 7));
  return set;
}
