// Owns: Merkle trees over lists, as in RFC 6962 section 2.1: transactions and results of a block, anchored documents.
// Does not own: the state tree (state-tree.ts), which is a tree over a map.
import { equalBytes, type Hex32, toHex, tryFromHex } from './bytes.ts';
import { hex32, integer, list, type Shape, struct } from './codec.ts';
import { HASH_BYTES, type Sha256, sha256 } from './hash.ts';
import { MERKLE_DEPTH_MAX, MERKLE_LEAVES_MAX } from './limits.ts';

/** Shows that a leaf stands at `index` of a list of `size` leaves. `path` holds the sibling hashes, lowest first. */
export interface MerkleProof {
  readonly index: number;
  readonly size: number;
  readonly path: readonly Hex32[];
}

export const merkleProofShape: Shape<MerkleProof> = struct<MerkleProof>({
  index: integer(0, MERKLE_LEAVES_MAX - 1),
  size: integer(1, MERKLE_LEAVES_MAX),
  path: list(hex32, MERKLE_DEPTH_MAX),
});

const LEAF_PREFIX = 0x00;
const INNER_PREFIX = 0x01;

/** Root over the leaves' bytes; of no leaves SHA-256 of the empty string. */
export function merkleRoot(leaves: readonly Uint8Array[], hash: Sha256 = sha256): Hex32 {
  let level = leaves.map((leaf) => hashLeaf(leaf, hash));
  if (level.length === 0) return toHex(hash(new Uint8Array(0)));
  while (level.length > 1) level = levelAbove(level, hash);
  return toHex(level[0] as Uint8Array);
}

/** Proof of the leaf at `index`. An index outside the list is a broken invariant. */
export function merkleProof(leaves: readonly Uint8Array[], index: number): MerkleProof {
  return createMerkleProver(leaves)(index);
}

/** Hashes the list once, then proves any of its leaves in O(log n): one call per document of a large anchor. */
export function createMerkleProver(
  leaves: readonly Uint8Array[],
  hash: Sha256 = sha256,
): (index: number) => MerkleProof {
  const levels = [leaves.map((leaf) => hashLeaf(leaf, hash))];
  for (let top = levels[0] ?? []; top.length > 1; ) {
    top = levelAbove(top, hash);
    levels.push(top);
  }
  return (index) => {
    if (!Number.isInteger(index) || index < 0 || index >= leaves.length)
      throw new Error('invariant: no leaf at this index');
    return { index, size: leaves.length, path: pathOf(levels, index) };
  };
}

/** Whether `leaf` stands where the proof says, in the list of that size with this root. Malformed proofs do not. */
export function verifyMerkle(root: Hex32, leaf: Uint8Array, proof: MerkleProof): boolean {
  const { index, size, path } = proof;
  if (!Number.isInteger(index) || !Number.isInteger(size)) return false;
  if (index < 0 || index >= size || size > MERKLE_LEAVES_MAX) return false;
  const expected = tryFromHex(root);
  if (expected?.length !== HASH_BYTES || !Array.isArray(path)) return false;
  let hash = hashLeaf(leaf);
  let used = 0;
  for (let position = index, last = size - 1; last > 0; position = half(position), last = half(last)) {
    // The last node of an odd level has no sibling and goes up as it is.
    if (position === last && position % 2 === 0) continue;
    const sibling = siblingAt(path, used);
    if (sibling === undefined) return false;
    hash = position % 2 === 1 ? hashInner(sibling, hash) : hashInner(hash, sibling);
    used += 1;
  }
  return used === path.length && equalBytes(hash, expected);
}

function siblingAt(path: readonly unknown[], index: number): Uint8Array | undefined {
  const text = path[index];
  const bytes = typeof text === 'string' ? tryFromHex(text) : undefined;
  return bytes?.length === HASH_BYTES ? bytes : undefined;
}

function pathOf(levels: readonly (readonly Uint8Array[])[], index: number): Hex32[] {
  const path: Hex32[] = [];
  let position = index;
  for (const level of levels) {
    const sibling = level[position % 2 === 0 ? position + 1 : position - 1];
    if (sibling !== undefined) path.push(toHex(sibling));
    position = half(position);
  }
  return path;
}

/** Pairs neighbours; an odd last node goes up unchanged. This is RFC 6962's split at the largest power of two. */
function levelAbove(level: readonly Uint8Array[], hash: Sha256): Uint8Array[] {
  const above: Uint8Array[] = [];
  for (let index = 0; index < level.length; index += 2) {
    const left = level[index] as Uint8Array;
    const right = level[index + 1];
    above.push(right === undefined ? left : hashInner(left, right, hash));
  }
  return above;
}

/** Not a shift: positions reach 2^32. */
function half(position: number): number {
  return Math.floor(position / 2);
}

function hashLeaf(leaf: Uint8Array, hash: Sha256 = sha256): Uint8Array {
  const preimage = new Uint8Array(leaf.length + 1);
  preimage[0] = LEAF_PREFIX;
  preimage.set(leaf, 1);
  return hash(preimage);
}

function hashInner(left: Uint8Array, right: Uint8Array, hash: Sha256 = sha256): Uint8Array {
  const preimage = new Uint8Array(1 + 2 * HASH_BYTES);
  preimage[0] = INNER_PREFIX;
  preimage.set(left, 1);
  preimage.set(right, 1 + HASH_BYTES);
  return hash(preimage);
}
