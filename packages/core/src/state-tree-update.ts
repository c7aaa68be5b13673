// Owns: applying a block's changes to the state tree in one batch. The result is a function of the set of
// (key hash, value hash) only, never of the order of updates. Does not own: the form of nodes and paths (state-tree.ts).
import { compareBytes, equalBytes, type Hex32, toHex } from './bytes.ts';
import { HASH_BYTES, type HashBlocks64, sha256 } from './hash.ts';
import {
  EMPTY_HASH,
  INNER_NODE_BYTES,
  isEmptyHash,
  LEAF_NODE_BYTES,
  leafNode,
  parseTreeNode,
  type TreeInner,
  type TreeLeaf,
  type TreeReader,
  treeBit,
  treePath,
} from './state-tree.ts';

/** What becomes of one key: its new value hash, or null when it is deleted. Both hashes have 32 bytes. */
export interface TreeUpdate {
  readonly keyHash: Uint8Array;
  readonly valueHash: Uint8Array | null;
}

/** What to write: the node at this path, or null where a node must be removed. */
export interface TreeWrite {
  readonly path: Uint8Array;
  readonly node: Uint8Array | null;
}

export interface TreeChange {
  readonly root: Hex32;
  /** Each path once. A node that stays as it was is not among them. */
  readonly nodes: readonly TreeWrite[];
}

/**
 * A subtree while it is rebuilt. `stored` stands untouched at its place. The hash of an `inner` is filled in when its
 * level is hashed.
 */
type Subtree =
  | { readonly kind: 'empty'; readonly hash: Uint8Array }
  | { readonly kind: 'stored'; readonly hash: Uint8Array }
  | { readonly kind: 'leaf'; readonly hash: Uint8Array; readonly node: Uint8Array }
  | Inner;

interface Inner {
  readonly kind: 'inner';
  hash: Uint8Array;
  node: Uint8Array;
  readonly left: Subtree;
  readonly right: Subtree;
}

/** Where a subtree hangs: `keyHash` is any key below. */
interface Place {
  readonly depth: number;
  readonly keyHash: Uint8Array;
}

interface Rebuild {
  readonly reader: TreeReader;
  readonly updates: readonly TreeUpdate[];
  /** New inner nodes by depth, for hashing level by level. */
  readonly levels: Inner[][];
  readonly placed: { readonly path: Uint8Array; readonly subtree: Subtree }[];
}

const EMPTY: Subtree = { kind: 'empty', hash: EMPTY_HASH };

/**
 * The tree after the updates, whatever their order. Each key at most once (a repeated key is a broken invariant).
 * Deleting what is absent changes nothing; deleting lifts a lone sibling leaf. Inner nodes are hashed deepest level
 * first, one call of `hashBlocks` per level.
 */
export function updateTree(
  reader: TreeReader,
  updates: readonly TreeUpdate[],
  hashBlocks: HashBlocks64,
): TreeChange {
  const sorted = [...updates].sort((a, b) => compareBytes(a.keyHash, b.keyHash));
  checkUpdates(sorted);
  const rebuild: Rebuild = { reader, updates: sorted, levels: [], placed: [] };
  const rootPlace: Place = { depth: 0, keyHash: EMPTY_HASH };
  const stored = reader.node(treePath(0, EMPTY_HASH));
  const old: Subtree = stored === undefined ? EMPTY : { kind: 'stored', hash: sha256(stored) };
  const root = rebuildAt(rebuild, rootPlace, old, 0, sorted.length);
  place(rebuild, rootPlace, old, root);
  hashLevels(rebuild.levels, hashBlocks);
  return { root: toHex(root.hash), nodes: rebuild.placed.map(toWrite) };
}

function checkUpdates(sorted: readonly TreeUpdate[]): void {
  sorted.forEach((update, index) => {
    const previous = sorted[index - 1];
    if (previous !== undefined && equalBytes(previous.keyHash, update.keyHash))
      throw new Error('invariant: a key is updated twice');
    if (update.keyHash.length !== HASH_BYTES || (update.valueHash ?? EMPTY_HASH).length !== HASH_BYTES)
      throw new Error('invariant: tree hashes have 32 bytes');
  });
}

/** The subtree at `place` after the updates `[from, to)`, all of which lie below it. `stored` out means unchanged. */
function rebuildAt(rebuild: Rebuild, at: Place, old: Subtree, from: number, to: number): Subtree {
  if (from === to) return old;
  if (old.kind === 'empty') return plant(rebuild, at.depth, setsOf(rebuild.updates, from, to));
  const node = parseTreeNode(storedNode(rebuild.reader, at));
  if ('left' in node) return rebuildInner(rebuild, at, old, node, from, to);
  return rebuildLeaf(rebuild, at, old, node, from, to);
}

function rebuildInner(
  rebuild: Rebuild,
  at: Place,
  old: Subtree,
  node: TreeInner,
  from: number,
  to: number,
): Subtree {
  const middle = splitAt(rebuild.updates, at.depth, from, to);
  const [leftPlace, rightPlace] = childPlaces(at);
  const oldLeft = referTo(node.left);
  const oldRight = referTo(node.right);
  const left = rebuildAt(rebuild, leftPlace, oldLeft, from, middle);
  const right = rebuildAt(rebuild, rightPlace, oldRight, middle, to);
  if (left === oldLeft && right === oldRight) return old;
  const lone = loneLeaf(rebuild.reader, left, leftPlace, right, rightPlace);
  place(rebuild, leftPlace, oldLeft, lone === undefined ? left : EMPTY);
  place(rebuild, rightPlace, oldRight, lone === undefined ? right : EMPTY);
  return lone ?? join(rebuild, at.depth, left, right);
}

/** A stored leaf joins the updates below it, unless one of them is its own. */
function rebuildLeaf(
  rebuild: Rebuild,
  at: Place,
  old: Subtree,
  node: TreeLeaf,
  from: number,
  to: number,
): Subtree {
  const own = rebuild.updates.slice(from, to).find(({ keyHash }) => equalBytes(keyHash, node.keyHash));
  const sets = setsOf(rebuild.updates, from, to);
  if (own === undefined) sets.push(node);
  sets.sort((a, b) => compareBytes(a.keyHash, b.keyHash));
  const [only] = sets;
  const same = only !== undefined && sets.length === 1 && equalBytes(leafNode(only), leafNode(node));
  return same ? old : plant(rebuild, at.depth, sets);
}

/** A subtree of new nodes only, from leaves sorted by key hash that share their first `depth` bits. */
function plant(rebuild: Rebuild, depth: number, leaves: readonly TreeLeaf[]): Subtree {
  const [first] = leaves;
  if (first === undefined) return EMPTY;
  if (leaves.length === 1) {
    const node = leafNode(first);
    return { kind: 'leaf', hash: sha256(node), node };
  }
  const middle = splitAt(leaves, depth, 0, leaves.length);
  const left = plant(rebuild, depth + 1, leaves.slice(0, middle));
  const right = plant(rebuild, depth + 1, leaves.slice(middle));
  const [leftPlace, rightPlace] = childPlaces({ depth, keyHash: first.keyHash });
  place(rebuild, leftPlace, EMPTY, left);
  place(rebuild, rightPlace, EMPTY, right);
  return join(rebuild, depth, left, right);
}

/** The leaf that is alone below a node, so that it takes the node's place; undefined when an inner node stays. */
function loneLeaf(
  reader: TreeReader,
  left: Subtree,
  leftPlace: Place,
  right: Subtree,
  rightPlace: Place,
): Subtree | undefined {
  if (left.kind === 'empty') return right.kind === 'empty' ? EMPTY : asLeaf(reader, right, rightPlace);
  return right.kind === 'empty' ? asLeaf(reader, left, leftPlace) : undefined;
}

function asLeaf(reader: TreeReader, subtree: Subtree, at: Place): Subtree | undefined {
  if (subtree.kind === 'leaf') return subtree;
  if (subtree.kind !== 'stored') return undefined;
  const node = storedNode(reader, at);
  return node.length === LEAF_NODE_BYTES ? { kind: 'leaf', hash: subtree.hash, node } : undefined;
}

function join(rebuild: Rebuild, depth: number, left: Subtree, right: Subtree): Subtree {
  if (left.kind === 'empty' && right.kind === 'empty') return EMPTY;
  const inner: Inner = { kind: 'inner', hash: EMPTY_HASH, node: EMPTY_HASH, left, right };
  while (rebuild.levels.length <= depth) rebuild.levels.push([]);
  rebuild.levels[depth]?.push(inner);
  return inner;
}

function place(rebuild: Rebuild, at: Place, old: Subtree, subtree: Subtree): void {
  if (subtree === old || (subtree.kind === 'empty' && old.kind === 'empty')) return;
  rebuild.placed.push({ path: treePath(at.depth, at.keyHash), subtree });
}

function hashLevels(levels: readonly (readonly Inner[])[], hashBlocks: HashBlocks64): void {
  for (const level of levels.toReversed()) {
    if (level.length === 0) continue;
    const blocks = new Uint8Array(level.length * INNER_NODE_BYTES);
    level.forEach((inner, index) => {
      blocks.set(inner.left.hash, index * INNER_NODE_BYTES);
      blocks.set(inner.right.hash, index * INNER_NODE_BYTES + HASH_BYTES);
    });
    const digests = hashBlocks(blocks);
    level.forEach((inner, index) => {
      inner.node = blocks.slice(index * INNER_NODE_BYTES, (index + 1) * INNER_NODE_BYTES);
      inner.hash = digests.slice(index * HASH_BYTES, (index + 1) * HASH_BYTES);
    });
  }
}

function toWrite(placed: { readonly path: Uint8Array; readonly subtree: Subtree }): TreeWrite {
  const { path, subtree } = placed;
  return { path, node: 'node' in subtree ? subtree.node : null };
}

function storedNode(reader: TreeReader, at: Place): Uint8Array {
  const node = reader.node(treePath(at.depth, at.keyHash));
  if (node === undefined) throw new Error('invariant: a tree node that its parent names is missing');
  return node;
}

function referTo(hash: Uint8Array): Subtree {
  return isEmptyHash(hash) ? EMPTY : { kind: 'stored', hash };
}

function childPlaces(at: Place): readonly [Place, Place] {
  const depth = at.depth + 1;
  const bit = 0x80 >> (at.depth & 7);
  const left = at.keyHash.slice();
  const right = at.keyHash.slice();
  const index = at.depth >> 3;
  left[index] = (left[index] ?? 0) & ~bit;
  right[index] = (right[index] ?? 0) | bit;
  return [
    { depth, keyHash: left },
    { depth, keyHash: right },
  ];
}

function setsOf(updates: readonly TreeUpdate[], from: number, to: number): TreeLeaf[] {
  return updates
    .slice(from, to)
    .flatMap(({ keyHash, valueHash }) => (valueHash === null ? [] : [{ keyHash, valueHash }]));
}

/** First position in `[from, to)` whose key has bit 1 at `depth`; the keys are sorted and share the bits above. */
function splitAt(
  sorted: readonly { readonly keyHash: Uint8Array }[],
  depth: number,
  from: number,
  to: number,
): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >> 1;
    const key = sorted[middle]?.keyHash ?? EMPTY_HASH;
    if (treeBit(key, depth) === 1) high = middle;
    else low = middle + 1;
  }
  return low;
}
