import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareBytes,
  concat,
  createMemoryTree,
  equalBytes,
  fromHex,
  hashBlocks64,
  type MemoryTree,
  proveState,
  type StateProof,
  sha256,
  stateKeyHash,
  type TreeUpdate,
  toHex,
  treePath,
  treeRoot,
  updateTree,
  utf8,
  verifyStateProof,
  ZERO_HASH,
} from '../../src/index.ts';

type Entry = readonly [key: string, value: string | null];

/** Section "State and proofs" of the design, word for word, over a whole set of (k, v). */
function modelRoot(leaves: readonly (readonly [Uint8Array, Uint8Array])[], depth = 0): Uint8Array {
  if (leaves.length === 0) return new Uint8Array(32);
  const [first] = leaves;
  if (leaves.length === 1 && first !== undefined) return sha256(concat(Uint8Array.of(0), ...first));
  const bit = (key: Uint8Array): number => ((key[depth >> 3] as number) >> (7 - (depth % 8))) & 1;
  return sha256(
    concat(
      modelRoot(
        leaves.filter(([key]) => bit(key) === 0),
        depth + 1,
      ),
      modelRoot(
        leaves.filter(([key]) => bit(key) === 1),
        depth + 1,
      ),
    ),
  );
}

function rootOfMap(map: ReadonlyMap<string, string>): string {
  return toHex(modelRoot([...map].map(([key, value]) => [fromHex(key), fromHex(value)])));
}

function toUpdates(entries: readonly Entry[]): TreeUpdate[] {
  return entries.map(([key, value]) => ({
    keyHash: fromHex(key),
    valueHash: value === null ? null : fromHex(value),
  }));
}

function change(tree: MemoryTree, entries: readonly Entry[]): string {
  const { root, nodes } = updateTree(tree, toUpdates(entries), hashBlocks64);
  tree.write(nodes);
  return root;
}

/** A store that shows what it holds, so that a node left behind is seen. */
function createStore(): MemoryTree & { readonly nodes: Map<string, string> } {
  const nodes = new Map<string, string>();
  return {
    nodes,
    node: (path) => {
      const node = nodes.get(toHex(path));
      return node === undefined ? undefined : fromHex(node);
    },
    write: (writes) => {
      for (const { path, node } of writes) {
        if (node === null) expect(nodes.delete(toHex(path))).toBe(true);
        else nodes.set(toHex(path), toHex(node));
      }
    },
  };
}

/** Keys of few distinct bits, near the start and near the end, so that paths are shared, long and lifted. */
const keyHash: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom(0x00, 0x01, 0x80, 0xc0, 0xff), fc.constantFrom(0x00, 0x10, 0xff), fc.nat(7))
  .map(([first, fill, last]) => {
    const key = new Uint8Array(32).fill(fill);
    key[0] = first;
    key[31] = last;
    return toHex(key);
  });
const valueHash: fc.Arbitrary<string> = fc.nat(3).map((value) => toHex(sha256(Uint8Array.of(value))));
const batch: fc.Arbitrary<Entry[]> = fc.uniqueArray(
  fc.tuple(keyHash, fc.option(valueHash, { nil: null, freq: 2 })),
  { maxLength: 24, selector: ([key]) => key },
);

describe('the state tree', () => {
  it('has the root of the naive model after any sequence of batches, and holds no other node than it needs', () => {
    fc.assert(
      fc.property(fc.array(batch, { maxLength: 8 }), (batches) => {
        const tree = createStore();
        const map = new Map<string, string>();
        for (const entries of batches) {
          const root = change(tree, entries);
          for (const [key, value] of entries) {
            if (value === null) map.delete(key);
            else map.set(key, value);
          }
          expect(root).toBe(rootOfMap(map));
          expect(treeRoot(tree)).toBe(root);
        }
        const fresh = createStore();
        change(fresh, [...map]);
        expect(tree.nodes).toEqual(fresh.nodes);
      }),
      { numRuns: 100 },
    );
  });

  it('gives the same root and the same writes whatever the order of the updates', () => {
    fc.assert(
      fc.property(
        batch,
        batch.chain((entries) =>
          fc.tuple(fc.constant(entries), fc.shuffledSubarray(entries, { minLength: entries.length })),
        ),
        (before, [entries, shuffled]) => {
          const tree = createMemoryTree();
          change(tree, before);
          expect(updateTree(tree, toUpdates(shuffled), hashBlocks64)).toEqual(
            updateTree(tree, toUpdates(entries), hashBlocks64),
          );
        },
      ),
    );
  });

  it('writes nothing when nothing changes, and each path at most once', () => {
    fc.assert(
      fc.property(batch, batch, (before, entries) => {
        const tree = createMemoryTree();
        const root = change(tree, before);
        const absent = entries
          .filter(([key]) => !before.some(([other, value]) => other === key && value !== null))
          .map(([key]): Entry => [key, null]);
        const same = before.filter(([, value]) => value !== null);
        expect(updateTree(tree, toUpdates([...absent, ...same]), hashBlocks64)).toEqual({ root, nodes: [] });
        const paths = updateTree(tree, toUpdates(entries), hashBlocks64).nodes.map(({ path }) => toHex(path));
        expect(new Set(paths).size).toBe(paths.length);
      }),
    );
  });

  it('is empty again when every key is deleted', () => {
    const tree = createStore();
    const keys = Array.from({ length: 50 }, (_, index) => toHex(stateKeyHash(1, utf8(`${index}`))));
    change(
      tree,
      keys.map((key): Entry => [key, key]),
    );
    expect(
      change(
        tree,
        keys.map((key): Entry => [key, null]),
      ),
    ).toBe(ZERO_HASH);
    expect(tree.nodes.size).toBe(0);
  });

  it('refuses a key that is updated twice as a broken invariant', () => {
    const key = toHex(stateKeyHash(1, utf8('a')));
    const twice: Entry[] = [
      [key, key],
      [key, null],
    ];
    expect(() => change(createMemoryTree(), twice)).toThrow('invariant: a key is updated twice');
  });

  it('keeps an overlay apart from its base', () => {
    const base = createMemoryTree();
    const key = toHex(stateKeyHash(1, utf8('a')));
    const other = toHex(stateKeyHash(1, utf8('b')));
    const root = change(base, [
      [key, key],
      [other, other],
    ]);
    const overlay = createMemoryTree(base);
    expect(
      change(overlay, [
        [key, null],
        [other, null],
      ]),
    ).toBe(ZERO_HASH);
    expect(treeRoot(overlay)).toBe(ZERO_HASH);
    expect(treeRoot(base)).toBe(root);
  });

  it('hashes inner nodes in one batch per level, deepest first', () => {
    const sizes: number[] = [];
    const keys = [0x00, 0x20, 0x40, 0x60, 0x80, 0xa0, 0xc0, 0xe0].map((first) =>
      new Uint8Array(32).fill(first, 0, 1),
    );
    updateTree(
      createMemoryTree(),
      keys.map((key) => ({ keyHash: key, valueHash: key })),
      (blocks) => {
        sizes.push(blocks.length / 64);
        return hashBlocks64(blocks);
      },
    );
    expect(sizes).toEqual([4, 2, 1]);
  });

  it('takes a hundred thousand keys, and changes to a few of them', () => {
    const tree = createMemoryTree();
    const keys = Array.from({ length: 100_000 }, (_, index) => stateKeyHash(1, utf8(`${index}`)));
    const first = updateTree(
      tree,
      keys.map((key) => ({ keyHash: key, valueHash: key })),
      hashBlocks64,
    );
    tree.write(first.nodes);
    const few = keys.slice(0, 1000).map((key) => ({ keyHash: key, valueHash: null }));
    const second = updateTree(tree, few, hashBlocks64);
    tree.write(second.nodes);
    const rest = updateTree(
      createMemoryTree(),
      keys.slice(1000).map((key) => ({ keyHash: key, valueHash: key })),
      hashBlocks64,
    );
    expect(second.root).toBe(rest.root);
  });
});

describe('a path in the state tree', () => {
  it('is one for each depth and prefix, and puts every subtree into one range of byte order', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.nat(256),
        fc.nat(256),
        (a, b, depthA, depthB) => {
          const shared = sharedBits(a, b);
          const same = depthA === depthB && shared >= depthA;
          expect(equalBytes(treePath(depthA, a), treePath(depthB, b))).toBe(same);
          if (shared >= 256) return;
          const below = treePath(Math.max(depthA, shared + 1), a);
          const beside = treePath(Math.max(depthB, shared + 1), b);
          expect(Math.sign(compareBytes(below, beside))).toBe(Math.sign(compareBytes(a, b)));
        },
      ),
    );
  });

  it('has the lengths and bits that the documentation says', () => {
    const key = new Uint8Array(32).fill(0xab);
    expect(toHex(treePath(0, key))).toBe('80');
    expect(toHex(treePath(1, key))).toBe('c0');
    expect(toHex(treePath(7, key))).toBe('ab');
    expect(toHex(treePath(8, key))).toBe('ab80');
    expect(toHex(treePath(12, key))).toBe('aba8');
    expect(toHex(treePath(256, key))).toBe(`${'ab'.repeat(32)}80`);
  });
});

describe('a proof of state', () => {
  const treeAndKey = fc.tuple(batch, keyHash);

  it('shows presence and absence as the map has them, and nothing else', () => {
    fc.assert(
      fc.property(treeAndKey, valueHash, ([entries, key], claimed) => {
        const { root, proof, value } = proved(entries, key);
        expect(verifyStateProof(root, fromHex(key), bytesOrNull(value), proof)).toBe(true);
        expect(verifyStateProof(root, fromHex(key), bytesOrNull(claimed), proof)).toBe(claimed === value);
        expect(verifyStateProof(root, fromHex(key), null, proof)).toBe(value === null);
      }),
      { numRuns: 150 },
    );
  });

  it('fails with any one of its fields changed', () => {
    fc.assert(
      fc.property(treeAndKey, fc.nat(255), fc.nat(), ([entries, key], bit, where) => {
        const { root, proof, value } = proved(entries, key);
        const verify = (changed: StateProof, at = root): boolean =>
          verifyStateProof(at, fromHex(key), bytesOrNull(value), changed);
        expect(verify(proof, flip(root, bit))).toBe(false);
        expect(verify({ ...proof, siblings: [...proof.siblings, root] })).toBe(false);
        if (proof.siblings.length > 0) {
          const at = where % proof.siblings.length;
          const siblings = proof.siblings.map((hash, step) => (step === at ? flip(hash, bit) : hash));
          expect(verify({ ...proof, siblings })).toBe(false);
          expect(verify({ ...proof, siblings: proof.siblings.slice(1) })).toBe(false);
          expect(verify({ ...proof, siblings: proof.siblings.slice(0, -1) })).toBe(false);
        }
        const { leaf } = proof;
        if (leaf === null) {
          expect(verify({ ...proof, leaf: { keyHash: flip(key, bit), valueHash: root } })).toBe(false);
          return;
        }
        expect(verify({ ...proof, leaf: null })).toBe(false);
        expect(verify({ ...proof, leaf: { ...leaf, keyHash: flip(leaf.keyHash, bit) } })).toBe(false);
        expect(verify({ ...proof, leaf: { ...leaf, valueHash: flip(leaf.valueHash, bit) } })).toBe(false);
      }),
      { numRuns: 100 },
    );
  });

  it('of one key does not show another key absent', () => {
    fc.assert(
      fc.property(treeAndKey, keyHash, ([entries, key], other) => {
        const { root, proof } = proved(entries, key);
        const present = entries.some(([name, value]) => name === other && value !== null);
        if (present) expect(verifyStateProof(root, fromHex(other), null, proof)).toBe(false);
      }),
      { numRuns: 150 },
    );
  });

  it('does not show a key absent by a leaf from another part of the tree', () => {
    const keys = [0x00, 0x40, 0x80].map((first) => toHex(new Uint8Array(32).fill(first, 0, 1)));
    const [left, middle, right] = keys as [string, string, string];
    const tree = createMemoryTree();
    const root = change(
      tree,
      keys.map((key): Entry => [key, key]),
    );
    const proof = proveState(tree, fromHex(left));
    expect(proof.leaf?.keyHash).toBe(left);
    expect(verifyStateProof(root, fromHex(right), null, proof)).toBe(false);
    expect(verifyStateProof(root, fromHex(middle), null, proof)).toBe(false);
    expect(verifyStateProof(root, fromHex(`01${left.slice(2)}`), null, proof)).toBe(true);
  });

  it('is refused, never thrown at, when its fields are nonsense', () => {
    const key = stateKeyHash(1, utf8('a'));
    const nonsense = [
      { siblings: ['zz'], leaf: null },
      { siblings: [7], leaf: null },
      { siblings: Array.from({ length: 257 }, () => ZERO_HASH), leaf: null },
      { siblings: [], leaf: { keyHash: 'zz', valueHash: ZERO_HASH } },
      { siblings: [], leaf: { keyHash: ZERO_HASH, valueHash: 3 } },
    ] as unknown as StateProof[];
    for (const proof of nonsense) expect(verifyStateProof(ZERO_HASH, key, null, proof)).toBe(false);
    expect(verifyStateProof('zz', key, null, { siblings: [], leaf: null })).toBe(false);
    expect(verifyStateProof(ZERO_HASH, key.slice(1), null, { siblings: [], leaf: null })).toBe(false);
    expect(verifyStateProof(ZERO_HASH, key, null, { siblings: [], leaf: null })).toBe(true);
  });
});

function proved(
  entries: readonly Entry[],
  key: string,
): { root: string; proof: StateProof; value: string | null } {
  const tree = createMemoryTree();
  const root = change(tree, entries);
  const value = entries.find(([name]) => name === key)?.[1] ?? null;
  return { root, proof: proveState(tree, fromHex(key)), value };
}

function bytesOrNull(hex: string | null): Uint8Array | null {
  return hex === null ? null : fromHex(hex);
}

function flip(hex: string, bit: number): string {
  const bytes = fromHex(hex);
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return toHex(bytes);
}

function sharedBits(a: Uint8Array, b: Uint8Array): number {
  let shared = 0;
  while (shared < 256 && bitOf(a, shared) === bitOf(b, shared)) shared += 1;
  return shared;
}

function bitOf(key: Uint8Array, depth: number): number {
  return ((key[depth >> 3] ?? 0) >> (7 - (depth % 8))) & 1;
}
