// Owns: the form of the binary sparse Merkle tree that authenticates the ledger state: hashes of keys and values,
// paths, nodes. Does not own: its update (state-tree-update.ts), its proofs (state-proof.ts), where nodes are stored.
import { concat, equalBytes, type Hex32, toHex } from './bytes.ts';
import { HASH_BYTES, sha256, ZERO_HASH } from './hash.ts';

/** Nodes by `treePath`. A node is its hash's preimage: 65 bytes for a leaf, 64 for an inner node; empty has none. */
export interface TreeReader {
  node(path: Uint8Array): Uint8Array | undefined;
}

export interface TreeLeaf {
  readonly keyHash: Uint8Array;
  readonly valueHash: Uint8Array;
}

export interface TreeInner {
  readonly left: Uint8Array;
  readonly right: Uint8Array;
}

export const LEAF_NODE_BYTES: number = 1 + 2 * HASH_BYTES;
export const INNER_NODE_BYTES: number = 2 * HASH_BYTES;
const LEAF_PREFIX = 0x00;
export const EMPTY_HASH: Uint8Array = new Uint8Array(HASH_BYTES);

/** k of a key: SHA-256(table byte || key). */
export function stateKeyHash(table: number, key: Uint8Array): Uint8Array {
  if (!Number.isInteger(table) || table < 0 || table > 255) throw new Error('invariant: a table is one byte');
  return sha256(concat(Uint8Array.of(table), key));
}

/** v of a value: SHA-256(value). */
export function stateValueHash(value: Uint8Array): Uint8Array {
  return sha256(value);
}

/**
 * Where the node at `depth` on the way to `keyHash` is stored: the first `depth` bits, most significant first, then one
 * bit 1, then zeros up to a whole byte. The marker bit makes the path say its own depth, keeps it at most 33 bytes, and
 * in byte order puts every subtree into one contiguous range.
 */
export function treePath(depth: number, keyHash: Uint8Array): Uint8Array {
  const whole = depth >> 3;
  const path = new Uint8Array(whole + 1);
  for (let index = 0; index < whole; index += 1) path[index] = keyHash[index] ?? 0;
  const marker = 0x80 >> (depth & 7);
  path[whole] = ((keyHash[whole] ?? 0) & ~(2 * marker - 1) & 0xff) | marker;
  return path;
}

/** Bit `depth` of a key hash, most significant first. */
export function treeBit(keyHash: Uint8Array, depth: number): 0 | 1 {
  return (((keyHash[depth >> 3] ?? 0) >> (7 - (depth & 7))) & 1) as 0 | 1;
}

export function leafNode(leaf: TreeLeaf): Uint8Array {
  const node = new Uint8Array(LEAF_NODE_BYTES);
  node[0] = LEAF_PREFIX;
  node.set(leaf.keyHash, 1);
  node.set(leaf.valueHash, 1 + HASH_BYTES);
  return node;
}

/** A leaf and an inner node differ in length, so neither can pass for the other. */
export function parseTreeNode(node: Uint8Array): TreeLeaf | TreeInner {
  if (node.length === INNER_NODE_BYTES)
    return { left: node.subarray(0, HASH_BYTES), right: node.subarray(HASH_BYTES) };
  if (node.length !== LEAF_NODE_BYTES || node[0] !== LEAF_PREFIX)
    throw new Error('invariant: a stored tree node is neither leaf nor inner');
  return { keyHash: node.subarray(1, 1 + HASH_BYTES), valueHash: node.subarray(1 + HASH_BYTES) };
}

export function isEmptyHash(hash: Uint8Array): boolean {
  return equalBytes(hash, EMPTY_HASH);
}

export function treeRoot(reader: TreeReader): Hex32 {
  const node = reader.node(treePath(0, EMPTY_HASH));
  return node === undefined ? ZERO_HASH : toHex(sha256(node));
}
