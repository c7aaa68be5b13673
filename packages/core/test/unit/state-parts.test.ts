import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  buildPart,
  createMemoryTree,
  hashBlocks64,
  joinParts,
  type TreeLeaf,
  type TreePart,
  type TreeWrite,
  treeBit,
  treePath,
  updateTree,
} from '../../src/index.ts';

const hash = (bytes: readonly number[]): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, at) => bytes[at] ?? 0);

function treeOf(leaves: readonly TreeLeaf[]) {
  return updateTree(createMemoryTree(), leaves, hashBlocks64);
}

/** Cut wherever more than `max` leaves stand under a prefix. */
function cut(leaves: readonly TreeLeaf[], max: number, depth = 0): { parts: TreePart[]; nodes: TreeWrite[] } {
  if (leaves.length <= max || depth === 60) {
    const { part, nodes } = buildPart(depth, leaves, hashBlocks64);
    return { parts: [part], nodes: [...nodes] };
  }
  const left = cut(
    leaves.filter(({ keyHash }) => treeBit(keyHash, depth) === 0),
    max,
    depth + 1,
  );
  const right = cut(
    leaves.filter(({ keyHash }) => treeBit(keyHash, depth) === 1),
    max,
    depth + 1,
  );
  return { parts: [...left.parts, ...right.parts], nodes: [...left.nodes, ...right.nodes] };
}

function byPath(nodes: readonly TreeWrite[]): string[] {
  return nodes
    .map(
      ({ path, node }) => `${Buffer.from(path).toString('hex')} ${Buffer.from(node ?? []).toString('hex')}`,
    )
    .sort();
}

/** Few first bytes, so that prefixes are shared and subtrees are lopsided. */
const leavesArbitrary = fc
  .uniqueArray(
    fc.tuple(fc.constantFrom(0, 1, 2, 128, 129, 255), fc.constantFrom(0, 1, 128, 255), fc.nat(255)),
    { maxLength: 40, selector: String },
  )
  .map((keys) =>
    keys
      .map((key) => ({ keyHash: hash(key), valueHash: hash([7, ...key]) }))
      .sort((a, b) => Buffer.compare(a.keyHash, b.keyHash)),
  );

describe('a state tree in parts', () => {
  it('has the root and the very nodes of the whole, however it is cut', () => {
    fc.assert(
      fc.property(leavesArbitrary, fc.integer({ min: 1, max: 9 }), (leaves, max) => {
        const whole = treeOf(leaves);
        const { parts, nodes } = cut(leaves, max);
        const joined = joinParts(parts);
        expect(joined?.root).toBe(whole.root);
        expect(byPath([...nodes, ...(joined?.nodes ?? [])])).toEqual(byPath(whole.nodes));
      }),
    );
  });

  it('has another root when a part lacks a leaf, or has one more', () => {
    fc.assert(
      fc.property(leavesArbitrary, fc.nat(), fc.integer({ min: 1, max: 9 }), (leaves, at, max) => {
        fc.pre(leaves.length > 0);
        const less = leaves.toSpliced(at % leaves.length, 1);
        expect(joinParts(cut(less, max).parts)?.root).not.toBe(treeOf(leaves).root);
      }),
    );
  });

  it('says where each part begins', () => {
    const leaves = [0, 0x40, 0x80, 0xc0].map((byte) => ({ keyHash: hash([byte]), valueHash: hash([1]) }));
    const prefixes = joinParts(cut(leaves, 1).parts)?.prefixes;
    expect(prefixes?.map((prefix) => treePath(2, prefix)[0])).toEqual([0x20, 0x60, 0xa0, 0xe0]);
  });

  it('is none when the parts are no partition', () => {
    const empty = (depth: number): TreePart => buildPart(depth, [], hashBlocks64).part;
    expect(joinParts([])).toBeUndefined();
    expect(joinParts([empty(1)])).toBeUndefined();
    expect(joinParts([empty(1), empty(2)])).toBeUndefined();
    expect(joinParts([empty(2), empty(1), empty(2)])).toBeUndefined();
    expect(joinParts([empty(0), empty(0)])).toBeUndefined();
    expect(joinParts([empty(1), empty(1)])?.root).toBe('0'.repeat(64));
  });
});
