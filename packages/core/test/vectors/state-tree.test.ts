import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  createMemoryTree,
  fromHex,
  hashBlocks64,
  proveState,
  toHex,
  updateTree,
  verifyStateProof,
  ZERO_HASH,
} from '../../src/index.ts';
import type { Leaf, StateTreeVectors } from '../kit/vectors/state-tree.ts';

const { rows, changes, proofs } = JSON.parse(
  readFileSync(new URL('state-tree.json', import.meta.url), 'utf8'),
) as StateTreeVectors;

function sha256(hex: string): string {
  return createHash('sha256').update(hex, 'hex').digest('hex');
}

/** The definition, over another engine and over strings of bits. */
function rootOf(leaves: readonly Leaf[], depth = 0): string {
  const [first, second] = leaves;
  if (first === undefined) return ZERO_HASH;
  if (second === undefined) return sha256(`00${first.keyHash}${first.valueHash}`);
  const side = (bit: string): readonly Leaf[] =>
    leaves.filter(({ keyHash }) => BigInt(`0x${keyHash}`).toString(2).padStart(256, '0')[depth] === bit);
  return sha256(rootOf(side('0'), depth + 1) + rootOf(side('1'), depth + 1));
}

describe('the published vectors of the state tree', () => {
  it.each(rows)('hash the row $key of table $table', ({ table, key, value, keyHash, valueHash }) => {
    expect(sha256(table.toString(16).padStart(2, '0') + key)).toBe(keyHash);
    expect(sha256(value)).toBe(valueHash);
  });

  it('have the root of the definition after every change, by whichever way', () => {
    const tree = createMemoryTree();
    for (const { updates, leaves, root } of changes) {
      const change = updateTree(
        tree,
        updates.map(({ keyHash, valueHash }) => ({
          keyHash: fromHex(keyHash),
          valueHash: valueHash === null ? null : fromHex(valueHash),
        })),
        hashBlocks64,
      );
      tree.write(change.nodes);
      expect(change.root).toBe(root);
      expect(rootOf(leaves)).toBe(root);
      for (const { keyHash, valueHash } of leaves) {
        const proof = proveState(tree, fromHex(keyHash));
        expect(verifyStateProof(root, fromHex(keyHash), fromHex(valueHash), proof)).toBe(true);
      }
    }
  });

  it.each(proofs)('$valid: $name', ({ root, keyHash, valueHash, proof, valid }) => {
    const value = valueHash === null ? null : fromHex(valueHash);
    expect(verifyStateProof(root, fromHex(keyHash), value, proof)).toBe(valid);
    if (valid) expect(foldedRoot(keyHash, proof)).toBe(root);
  });

  it('show presence and absence, and refuse what shows neither', () => {
    expect(proofs.filter(({ valid, valueHash }) => valid && valueHash !== null).length).toBeGreaterThan(6);
    expect(proofs.filter(({ valid, valueHash }) => valid && valueHash === null).length).toBeGreaterThan(6);
    expect(proofs.filter(({ valid }) => !valid).length).toBeGreaterThan(14);
  });
});

function foldedRoot(keyHash: string, proof: StateTreeVectors['proofs'][0]['proof']): string {
  const bits = BigInt(`0x${keyHash}`).toString(2).padStart(256, '0');
  const { leaf, siblings } = proof;
  let hash = leaf === null ? ZERO_HASH : sha256(`00${leaf.keyHash}${leaf.valueHash}`);
  for (const [index, sibling] of siblings.toReversed().entries())
    hash = sha256(bits[siblings.length - 1 - index] === '1' ? sibling + hash : hash + sibling);
  return toHex(fromHex(hash));
}
