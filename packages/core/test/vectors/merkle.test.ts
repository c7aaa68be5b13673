import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromHex, merkleRoot, verifyDocument, verifyMerkle } from '../../src/index.ts';
import type { MerkleVectors } from '../kit/vectors/merkle.ts';

const { trees, proofs, documents } = JSON.parse(
  readFileSync(new URL('merkle.json', import.meta.url), 'utf8'),
) as MerkleVectors;

/** As printed for these leaves by the tests of Certificate Transparency, sizes 1 to 8. */
const KNOWN_ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

describe('the published vectors of trees over lists', () => {
  it('have the roots that are known for these leaves', () => {
    const empty = createHash('sha256').digest('hex');
    expect(trees.map(({ root }) => root)).toEqual([empty, ...KNOWN_ROOTS]);
    for (const { leaves, root } of trees) expect(merkleRoot(leaves.map(fromHex))).toBe(root);
  });

  it.each(proofs)('$valid: $name', ({ root, leaf, proof, valid }) => {
    expect(verifyMerkle(root, fromHex(leaf), proof)).toBe(valid);
  });

  it('hold a proof of every leaf, and refuse everything else', () => {
    expect(proofs.filter(({ valid }) => valid)).toHaveLength(36);
    expect(proofs.filter(({ name }) => name.startsWith('leaf ')).every(({ valid }) => valid)).toBe(true);
  });

  it('hold documents with their salted leaves, each provable by itself', () => {
    const tag = Buffer.from('consilium/document/v1').toString('hex').padEnd(64, '0');
    const sha256 = (hex: string): string => createHash('sha256').update(hex, 'hex').digest('hex');
    for (const { document, salt, leaf, root, proof } of documents) {
      expect(sha256(tag + salt + sha256(document))).toBe(leaf);
      expect(verifyDocument(fromHex(document), salt, proof, root)).toBe(true);
      expect(verifyDocument(fromHex(`${document}00`), salt, proof, root)).toBe(false);
      expect(verifyDocument(fromHex(document), leaf, proof, root)).toBe(false);
    }
    expect(documents).toHaveLength(3);
  });
});
