// Owns: proofs that a key has a value in the state tree, or is absent. Does not own: which root to trust
// (light-client.ts).
import { concat, equalBytes, type Hex32, toHex, tryFromHex } from './bytes.ts';
import { hex32, list, nullable, type Shape, struct } from './codec.ts';
import { HASH_BYTES, sha256 } from './hash.ts';
import { STATE_DEPTH_MAX } from './limits.ts';
import {
  EMPTY_HASH,
  isEmptyHash,
  leafNode,
  parseTreeNode,
  type TreeReader,
  treeBit,
  treePath,
} from './state-tree.ts';

/**
 * The path of a key from the root to where it ends. `siblings` holds the hash beside each step, from the root down, so
 * that their number is the depth of the end. `leaf` is what stands there: null for an empty subtree, the key's own leaf
 * (presence), or a leaf of another key (absence).
 */
export interface StateProof {
  readonly siblings: readonly Hex32[];
  readonly leaf: { readonly keyHash: Hex32; readonly valueHash: Hex32 } | null;
}

export const stateProofShape: Shape<StateProof> = struct<StateProof>({
  siblings: list(hex32, STATE_DEPTH_MAX),
  leaf: nullable(struct({ keyHash: hex32, valueHash: hex32 })),
});

/** The proof for this key in the tree as the reader shows it, which must not change meanwhile (one snapshot). */
export function proveState(reader: TreeReader, keyHash: Uint8Array): StateProof {
  const siblings: Hex32[] = [];
  for (let depth = 0; ; depth += 1) {
    const stored = reader.node(treePath(depth, keyHash));
    if (stored === undefined) return { siblings, leaf: null };
    const node = parseTreeNode(stored);
    if (!('left' in node))
      return { siblings, leaf: { keyHash: toHex(node.keyHash), valueHash: toHex(node.valueHash) } };
    const right = treeBit(keyHash, depth) === 1;
    siblings.push(toHex(right ? node.left : node.right));
    if (isEmptyHash(right ? node.right : node.left)) return { siblings, leaf: null };
  }
}

/**
 * Whether the proof shows, under this root, that the key has the value with this hash, or (null) that it is absent.
 * A malformed proof shows nothing.
 */
export function verifyStateProof(
  root: Hex32,
  keyHash: Uint8Array,
  valueHash: Uint8Array | null,
  proof: StateProof,
): boolean {
  const expected = hashOf(root);
  const { siblings } = proof;
  if (expected === undefined || keyHash.length !== HASH_BYTES || siblings.length > STATE_DEPTH_MAX)
    return false;
  let hash = endHash(keyHash, valueHash, proof);
  for (let depth = siblings.length - 1; depth >= 0 && hash !== undefined; depth -= 1) {
    const sibling = hashOf(siblings[depth]);
    if (sibling === undefined) return false;
    hash = sha256(treeBit(keyHash, depth) === 1 ? concat(sibling, hash) : concat(hash, sibling));
  }
  return hash !== undefined && equalBytes(hash, expected);
}

/** Hash of what stands at the end of the path; undefined when that does not show what is claimed. */
function endHash(
  keyHash: Uint8Array,
  valueHash: Uint8Array | null,
  proof: StateProof,
): Uint8Array | undefined {
  if (proof.leaf === null) return valueHash === null ? EMPTY_HASH : undefined;
  const leafKey = hashOf(proof.leaf.keyHash);
  const leafValue = hashOf(proof.leaf.valueHash);
  if (leafKey === undefined || leafValue === undefined) return undefined;
  const own = equalBytes(leafKey, keyHash);
  const shows =
    valueHash === null
      ? !own && agreesAbove(leafKey, keyHash, proof.siblings.length)
      : own && equalBytes(leafValue, valueHash);
  return shows ? sha256(leafNode({ keyHash: leafKey, valueHash: leafValue })) : undefined;
}

/** A leaf stands only on the path of its own key: another key's leaf shares every bit down to its depth. */
function agreesAbove(a: Uint8Array, b: Uint8Array, depth: number): boolean {
  return equalBytes(treePath(depth, a), treePath(depth, b));
}

function hashOf(text: unknown): Uint8Array | undefined {
  const bytes = typeof text === 'string' ? tryFromHex(text) : undefined;
  return bytes?.length === HASH_BYTES ? bytes : undefined;
}
