// Owns: the offline proof of one document under an anchored root, without showing its neighbours: salted digests, the
// tree over them, and the check. Needs no network and no ledger state. Does not own: that the root is anchored.
import { concat, fromHex, type Hex32, isHexOf, toHex } from '../bytes.ts';
import { domainTag, sha256 } from '../hash.ts';
import { createMerkleProver, type MerkleProof, merkleRoot, verifyMerkle } from '../merkle.ts';

const DOCUMENT_TAG = domainTag('consilium/document/v1');

/**
 * What stands for a document in the tree: SHA-256(tag || salt || SHA-256(document)), 32 bytes. `salt`: 32 random bytes
 * of this document alone. Without it nobody can test a guess of the content against a neighbour's hash in a proof; when
 * salt and document are destroyed, the digest means nothing.
 */
export function documentLeaf(salt: Hex32, documentHash: Hex32): Uint8Array {
  return sha256(concat(DOCUMENT_TAG, fromHex(salt), fromHex(documentHash)));
}

export interface DocumentTree {
  /** The root to anchor. */
  readonly root: Hex32;
  readonly count: number;
  readonly proofOf: (index: number) => MerkleProof;
}

/** RFC 6962 tree over document leaves, in the order given. */
export function createDocumentTree(leaves: readonly Uint8Array[]): DocumentTree {
  return { root: merkleRoot(leaves), count: leaves.length, proofOf: createMerkleProver(leaves) };
}

/** Whether this document, to the byte, stands under the root. */
export function verifyDocument(document: Uint8Array, salt: Hex32, proof: MerkleProof, root: Hex32): boolean {
  if (!isHexOf(salt, 32)) return false;
  return verifyMerkle(root, documentLeaf(salt, toHex(sha256(document))), proof);
}
