import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  concat,
  createMerkleProver,
  fromHex,
  type MerkleProof,
  merkleProof,
  merkleRoot,
  sha256,
  toHex,
  utf8,
  verifyMerkle,
} from '../../src/index.ts';

/** RFC 6962 section 2.1, word for word. */
function modelRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha256(new Uint8Array(0));
  if (leaves.length === 1) return sha256(concat(Uint8Array.of(0), leaves[0] as Uint8Array));
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256(concat(Uint8Array.of(1), modelRoot(leaves.slice(0, split)), modelRoot(leaves.slice(split))));
}

/** RFC 6962 section 2.1.1, word for word. */
function modelPath(index: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  if (leaves.length === 1) return [];
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return index < split
    ? [...modelPath(index, left), modelRoot(right)]
    : [...modelPath(index - split, right), modelRoot(left)];
}

const leavesOf = (min: number): fc.Arbitrary<Uint8Array[]> =>
  fc.array(fc.uint8Array({ maxLength: 70 }), { minLength: min, maxLength: 70 });

const leavesAndIndex: fc.Arbitrary<[Uint8Array[], number]> = leavesOf(1).chain((leaves) =>
  fc.tuple(fc.constant(leaves), fc.nat(leaves.length - 1)),
);

describe('a Merkle tree over a list', () => {
  it('has the root that RFC 6962 gives to every list', () => {
    fc.assert(
      fc.property(leavesOf(0), (leaves) => {
        expect(merkleRoot(leaves)).toBe(toHex(modelRoot(leaves)));
      }),
    );
  });

  it('has the path that RFC 6962 gives to every leaf, and the path verifies', () => {
    fc.assert(
      fc.property(leavesAndIndex, ([leaves, index]) => {
        const proof = merkleProof(leaves, index);
        expect(proof).toEqual({
          index,
          size: leaves.length,
          path: modelPath(index, leaves).map((hash) => toHex(hash)),
        });
        expect(verifyMerkle(merkleRoot(leaves), leaves[index] as Uint8Array, proof)).toBe(true);
      }),
    );
  });

  it('proves every leaf from one pass over the list', () => {
    const leaves = Array.from({ length: 37 }, (_, index) => utf8(`leaf ${index}`));
    const prove = createMerkleProver(leaves);
    const root = merkleRoot(leaves);
    for (const [index, leaf] of leaves.entries()) {
      expect(prove(index)).toEqual(merkleProof(leaves, index));
      expect(verifyMerkle(root, leaf, prove(index))).toBe(true);
    }
  });

  it('is hashed by whatever engine is given, root and proofs alike', () => {
    const leaves = Array.from({ length: 5 }, (_, index) => utf8(`leaf ${index}`));
    let calls = 0;
    const counting = (bytes: Uint8Array): Uint8Array => {
      calls += 1;
      return sha256(bytes);
    };
    expect(merkleRoot(leaves, counting)).toBe(merkleRoot(leaves));
    expect(calls).toBe(5 + 4);
    expect(createMerkleProver(leaves, counting)(3)).toEqual(merkleProof(leaves, 3));
    expect(calls).toBe(2 * (5 + 4));
  });

  it('has a root of nothing and refuses to prove what is not there', () => {
    expect(merkleRoot([])).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(() => merkleProof([], 0)).toThrow('invariant');
    expect(() => merkleProof([utf8('a')], 1)).toThrow('invariant');
    expect(() => merkleProof([utf8('a')], -1)).toThrow('invariant');
  });
});

describe('a Merkle proof that was changed', () => {
  const flip = (hex: string, bit: number): string => {
    const bytes = fromHex(hex);
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    return toHex(bytes);
  };

  it('fails with any bit of the root, of the leaf or of the path flipped', () => {
    fc.assert(
      fc.property(leavesAndIndex, fc.nat(255), fc.nat(), ([leaves, index], bit, where) => {
        const proof = merkleProof(leaves, index);
        const root = merkleRoot(leaves);
        const leaf = leaves[index] as Uint8Array;
        expect(verifyMerkle(flip(root, bit), leaf, proof)).toBe(false);
        expect(verifyMerkle(root, concat(leaf, Uint8Array.of(0)), proof)).toBe(false);
        if (proof.path.length === 0) return;
        const at = where % proof.path.length;
        const path = proof.path.map((hash, step) => (step === at ? flip(hash, bit) : hash));
        expect(verifyMerkle(root, leaf, { ...proof, path })).toBe(false);
      }),
    );
  });

  it('fails with another index, and with a path that is longer or shorter', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.uint8Array({ minLength: 1, maxLength: 8 }), {
          minLength: 2,
          maxLength: 40,
          selector: (leaf) => toHex(leaf),
        }),
        fc.nat(),
        fc.nat(),
        (leaves, a, b) => {
          const index = a % leaves.length;
          const other = b % leaves.length;
          const proof = merkleProof(leaves, index);
          const root = merkleRoot(leaves);
          const leaf = leaves[index] as Uint8Array;
          if (other !== index) expect(verifyMerkle(root, leaf, { ...proof, index: other })).toBe(false);
          expect(verifyMerkle(root, leaf, { ...proof, path: proof.path.slice(1) })).toBe(false);
          expect(verifyMerkle(root, leaf, { ...proof, path: [...proof.path, root] })).toBe(false);
        },
      ),
    );
  });

  it('does not show an inner node as a leaf', () => {
    const leaves = ['a', 'b', 'c', 'd'].map(utf8);
    const left = modelRoot(leaves.slice(0, 2));
    const right = modelRoot(leaves.slice(2));
    const inner = concat(left, right);
    expect(verifyMerkle(merkleRoot(leaves), inner, { index: 0, size: 1, path: [] })).toBe(false);
  });

  it('is refused, never thrown at, when its fields are nonsense', () => {
    const leaf = utf8('a');
    const root = merkleRoot([leaf]);
    const nonsense = [
      { index: 0.5, size: 1, path: [] },
      { index: -1, size: 1, path: [] },
      { index: 1, size: 1, path: [] },
      { index: 0, size: 2 ** 33, path: [] },
      { index: 0, size: Number.NaN, path: [] },
      { index: 0, size: 2, path: ['zz'] },
      { index: 0, size: 2, path: [root.toUpperCase()] },
      { index: 0, size: 2, path: [7] },
      { index: 0, size: 1, path: null },
      { index: '0', size: 1, path: [] },
    ] as unknown as MerkleProof[];
    for (const proof of nonsense) expect(verifyMerkle(root, leaf, proof)).toBe(false);
    expect(verifyMerkle('not a root', leaf, { index: 0, size: 1, path: [] })).toBe(false);
    expect(verifyMerkle(root, leaf, { index: 0, size: 1, path: [] })).toBe(true);
  });
});
