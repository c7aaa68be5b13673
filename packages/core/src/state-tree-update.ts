// Owns: applying a block's changes to the state tree in one batch. The result is a function of the set of
// (key hash, value hash) only, never of the order of updates. Does not own: the form of nodes and paths (state-tree.ts).
import { compareBytes, equalBytes, type Hex32, toHex } from './bytes.ts';
import { HASH_BYTES, type HashBlocks64, sha256 } from './hash.ts';
import { childOf, EMPTY, hashLevels, type Inner, type Subtree } from './state-subtree.ts';
import {
  EMPTY_HASH,
  INNER_NODE_BYTES,
  LEAF_NODE_BYTES,
  leafNode,
  parseTreeNode,
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

/** A place in the tree and what becomes of it. `key` lies below it or, when `beside`, below its sibling. */
interface Spot {
  readonly depth: number;
  readonly key: Uint8Array;
  readonly beside: boolean;
  readonly old: Subtree;
  now: Subtree;
  path: Uint8Array | undefined;
}

interface Rebuild {
  readonly reader: TreeReader;
  readonly updates: readonly TreeUpdate[];
  /** New inner nodes by depth, for hashing level by level. */
  readonly levels: Inner[][];
  readonly placed: { readonly path: Uint8Array; readonly subtree: Subtree }[];
}

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
  const stored = reader.node(treePath(0, EMPTY_HASH));
  const old: Subtree = stored === undefined ? EMPTY : { kind: 'stored', source: sha256(stored), at: 0 };
  const root = createSpot(0, EMPTY_HASH, false, old);
  rebuildSpot(rebuild, root, 0, sorted.length);
  record(rebuild, root);
  hashLevels(rebuild.levels, hashBlocks);
  const { source, at } = root.now;
  return { root: toHex(source.subarray(at, at + HASH_BYTES)), nodes: rebuild.placed.map(toWrite) };
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

/** Sets what the spot holds after the updates `[from, to)`, all of which lie below it; `old` when nothing changes. */
function rebuildSpot(rebuild: Rebuild, spot: Spot, from: number, to: number): void {
  if (from === to) return;
  if (spot.old === EMPTY) {
    const leaves = setsOf(rebuild.updates, from, to);
    spot.now = plant(rebuild, spot.depth, leaves, 0, leaves.length);
    return;
  }
  const node = storedNode(rebuild.reader, spot);
  if (node.length === INNER_NODE_BYTES) rebuildInner(rebuild, spot, node, from, to);
  else rebuildLeaf(rebuild, spot, node, from, to);
}

function rebuildInner(rebuild: Rebuild, spot: Spot, node: Uint8Array, from: number, to: number): void {
  const { updates } = rebuild;
  const middle = splitAt(updates, spot.depth, from, to);
  const leftKey = updates[from]?.keyHash ?? EMPTY_HASH;
  const rightKey = middle < to ? (updates[middle]?.keyHash ?? EMPTY_HASH) : leftKey;
  const left = createSpot(spot.depth + 1, leftKey, middle === from, childOf(node, 0));
  const right = createSpot(spot.depth + 1, rightKey, middle === to, childOf(node, HASH_BYTES));
  rebuildSpot(rebuild, left, from, middle);
  rebuildSpot(rebuild, right, middle, to);
  if (left.now === left.old && right.now === right.old) return;
  const lone = loneLeaf(rebuild.reader, left, right);
  spot.now = lone ?? join(rebuild, spot.depth, left.now, right.now);
  if (lone !== undefined) {
    left.now = EMPTY;
    right.now = EMPTY;
  }
  record(rebuild, left);
  record(rebuild, right);
}

/** A stored leaf joins the updates below it, unless one of them is its own. */
function rebuildLeaf(rebuild: Rebuild, spot: Spot, node: Uint8Array, from: number, to: number): void {
  const leaf = parseTreeNode(node);
  if ('left' in leaf) throw new Error('invariant: a leaf has another length than an inner node');
  const own = rebuild.updates.slice(from, to).some(({ keyHash }) => equalBytes(keyHash, leaf.keyHash));
  const leaves = setsOf(rebuild.updates, from, to);
  if (!own) leaves.push(leaf);
  leaves.sort((a, b) => compareBytes(a.keyHash, b.keyHash));
  const [only] = leaves;
  if (only !== undefined && leaves.length === 1 && equalBytes(leafNode(only), node)) return;
  spot.now = plant(rebuild, spot.depth, leaves, 0, leaves.length);
}

/** A subtree of new nodes only, from the leaves `[from, to)`, sorted by key hash and alike in their first bits. */
function plant(
  rebuild: Rebuild,
  depth: number,
  leaves: readonly TreeLeaf[],
  from: number,
  to: number,
): Subtree {
  const first = leaves[from];
  if (first === undefined || from === to) return EMPTY;
  if (to - from === 1) {
    const node = leafNode(first);
    return { kind: 'leaf', source: sha256(node), at: 0, node };
  }
  const middle = splitAt(leaves, depth, from, to);
  const left = createSpot(depth + 1, first.keyHash, false, EMPTY);
  const right = createSpot(depth + 1, leaves[middle]?.keyHash ?? EMPTY_HASH, false, EMPTY);
  left.now = plant(rebuild, depth + 1, leaves, from, middle);
  right.now = plant(rebuild, depth + 1, leaves, middle, to);
  record(rebuild, left);
  record(rebuild, right);
  return join(rebuild, depth, left.now, right.now);
}

/**
 * The subtree under the first `depth` bits that all these leaves share: two at least, sorted by key hash, each once. The
 * hash of its top node, which is among the nodes.
 */
export function plantSubtree(
  depth: number,
  leaves: readonly TreeLeaf[],
  hashBlocks: HashBlocks64,
): { readonly root: Uint8Array; readonly nodes: readonly TreeWrite[] } {
  const rebuild: Rebuild = { reader: { node: () => undefined }, updates: [], levels: [], placed: [] };
  const top = createSpot(depth, leaves[0]?.keyHash ?? EMPTY_HASH, false, EMPTY);
  top.now = plant(rebuild, depth, leaves, 0, leaves.length);
  record(rebuild, top);
  hashLevels(rebuild.levels, hashBlocks);
  const { source, at } = top.now;
  return { root: source.slice(at, at + HASH_BYTES), nodes: rebuild.placed.map(toWrite) };
}

/** The leaf that is alone below a node, so that it takes the node's place; undefined when an inner node stays. */
function loneLeaf(reader: TreeReader, left: Spot, right: Spot): Subtree | undefined {
  if (left.now === EMPTY) return right.now === EMPTY ? EMPTY : asLeaf(reader, right);
  return right.now === EMPTY ? asLeaf(reader, left) : undefined;
}

function asLeaf(reader: TreeReader, spot: Spot): Subtree | undefined {
  const { kind, source, at } = spot.now;
  if (kind === 'leaf') return spot.now;
  if (kind !== 'stored') return undefined;
  const node = storedNode(reader, spot);
  return node.length === LEAF_NODE_BYTES ? { kind: 'leaf', source, at, node } : undefined;
}

function join(rebuild: Rebuild, depth: number, left: Subtree, right: Subtree): Subtree {
  const inner: Inner = { kind: 'inner', source: EMPTY_HASH, at: 0, node: EMPTY_HASH, left, right };
  while (rebuild.levels.length <= depth) rebuild.levels.push([]);
  rebuild.levels[depth]?.push(inner);
  return inner;
}

function record(rebuild: Rebuild, spot: Spot): void {
  if (spot.now !== spot.old) rebuild.placed.push({ path: pathOf(spot), subtree: spot.now });
}

function toWrite(placed: { readonly path: Uint8Array; readonly subtree: Subtree }): TreeWrite {
  const { path, subtree } = placed;
  return { path, node: 'node' in subtree ? subtree.node : null };
}

function createSpot(depth: number, key: Uint8Array, beside: boolean, old: Subtree): Spot {
  return { depth, key, beside, old, now: old, path: undefined };
}

function pathOf(spot: Spot): Uint8Array {
  spot.path ??= treePath(spot.depth, spot.beside ? siblingKey(spot.key, spot.depth - 1) : spot.key);
  return spot.path;
}

function siblingKey(key: Uint8Array, depth: number): Uint8Array {
  const sibling = key.slice();
  const index = depth >> 3;
  sibling[index] = (sibling[index] ?? 0) ^ (0x80 >> (depth & 7));
  return sibling;
}

function storedNode(reader: TreeReader, spot: Spot): Uint8Array {
  const node = reader.node(pathOf(spot));
  if (node === undefined) throw new Error('invariant: a tree node that its parent names is missing');
  return node;
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
