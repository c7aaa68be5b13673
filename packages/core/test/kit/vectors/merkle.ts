// Owns: the published vectors of Merkle trees over lists. The leaves are those that Certificate Transparency uses.
import {
  concat,
  createDocumentTree,
  documentLeaf,
  fromHex,
  hashHex,
  type MerkleProof,
  merkleProof,
  merkleRoot,
  sha256,
  toHex,
  utf8,
  verifyMerkle,
} from '../../../src/index.ts';

const LEAVES: readonly string[] = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];

export interface MerkleProofVector {
  readonly name: string;
  readonly root: string;
  readonly leaf: string;
  readonly proof: MerkleProof;
  readonly valid: boolean;
}

export interface MerkleVectors {
  readonly description: string;
  readonly trees: readonly { readonly leaves: readonly string[]; readonly root: string }[];
  readonly proofs: readonly MerkleProofVector[];
  /** Anchored documents: what stands for each in its tree. */
  readonly documents: readonly DocumentVector[];
}

export interface DocumentVector {
  readonly document: string;
  readonly salt: string;
  readonly leaf: string;
  readonly root: string;
  readonly proof: MerkleProof;
}

export function merkleVectors(): MerkleVectors {
  const lists = Array.from({ length: LEAVES.length + 1 }, (_, size) => LEAVES.slice(0, size));
  return {
    description:
      'Merkle trees over lists, RFC 6962 section 2.1 (docs/proofs.md, section Lists). Everything is hex. path is from the leaf up.',
    trees: lists.map((leaves) => ({ leaves, root: rootOf(leaves) })),
    proofs: [...lists.flatMap(validProofs), ...invalidProofs()],
    documents: documents(),
  };
}

function documents(): DocumentVector[] {
  const salted = ['', '{"resourceType":"Basic"}', 'third'].map((text, index) => {
    const document = utf8(text);
    const salt = hashHex(utf8(`salt ${index}`));
    return { document, salt, leaf: documentLeaf(salt, hashHex(document)) };
  });
  const { root, proofOf } = createDocumentTree(salted.map(({ leaf }) => leaf));
  return salted.map(({ document, salt, leaf }, index) => ({
    document: toHex(document),
    salt,
    leaf: toHex(leaf),
    root,
    proof: proofOf(index),
  }));
}

function rootOf(leaves: readonly string[]): string {
  return merkleRoot(leaves.map(fromHex));
}

function validProofs(leaves: readonly string[]): MerkleProofVector[] {
  return leaves.map((leaf, index) =>
    proofVector(
      `leaf ${index} of ${leaves.length}`,
      rootOf(leaves),
      leaf,
      merkleProof(leaves.map(fromHex), index),
    ),
  );
}

function proofVector(name: string, root: string, leaf: string, proof: MerkleProof): MerkleProofVector {
  return { name, root, leaf, proof, valid: verifyMerkle(root, fromHex(leaf), proof) };
}

function invalidProofs(): MerkleProofVector[] {
  const root = rootOf(LEAVES);
  const five = LEAVES.slice(0, 5);
  const proof = merkleProof(LEAVES.map(fromHex), 3);
  const [leaf, other] = [LEAVES[3] as string, LEAVES[4] as string];
  const lone = merkleProof(five.map(fromHex), 4);
  const hashed = toHex(sha256(concat(Uint8Array.of(0), fromHex(leaf))));
  const inner = proof.path[0] + hashed;
  return [
    proofVector('another leaf', root, other, proof),
    proofVector('another root', rootOf(five), leaf, proof),
    proofVector('another index', root, leaf, { ...proof, index: 2 }),
    proofVector('an index beyond the size', root, leaf, { ...proof, index: 8 }),
    proofVector('a smaller size', root, leaf, { ...proof, size: 4 }),
    proofVector('a path that is too short', root, leaf, { ...proof, path: proof.path.slice(0, 2) }),
    proofVector('a path that is too long', root, leaf, { ...proof, path: [...proof.path, root] }),
    proofVector('a path from the root down', root, leaf, { ...proof, path: proof.path.toReversed() }),
    proofVector('the hash of a leaf as a leaf', root, hashed, proof),
    proofVector('an inner node as a leaf', root, inner, { index: 1, size: 4, path: proof.path.slice(1) }),
    proofVector('the last leaf paired with itself', rootOf(five), other, {
      ...lone,
      path: [hashed, ...lone.path],
    }),
    proofVector('the root of one leaf with a path', rootOf(['']), '', { index: 0, size: 1, path: [root] }),
    proofVector('a size of zero', rootOf([]), '', { index: 0, size: 0, path: [] }),
  ];
}
