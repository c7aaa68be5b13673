// Owns: the published vectors of the state tree: hashes of keys, roots after changes, proofs that hold and that do not.
import {
  createMemoryTree,
  fromHex,
  hashBlocks64,
  type MemoryTree,
  proveState,
  type StateProof,
  stateKeyHash,
  stateValueHash,
  toHex,
  treeRoot,
  updateTree,
  utf8,
  verifyStateProof,
} from '../../../src/index.ts';

export interface Leaf {
  readonly keyHash: string;
  readonly valueHash: string;
}

export interface StateProofVector {
  readonly name: string;
  readonly root: string;
  readonly keyHash: string;
  /** Null claims that the key is absent. */
  readonly valueHash: string | null;
  readonly proof: StateProof;
  readonly valid: boolean;
}

export interface StateTreeVectors {
  readonly description: string;
  readonly rows: readonly {
    readonly table: number;
    readonly key: string;
    readonly value: string;
    readonly keyHash: string;
    readonly valueHash: string;
  }[];
  /** Each applied on the tree that the one before has left. `leaves` is what the tree holds then. */
  readonly changes: readonly {
    readonly name: string;
    readonly updates: readonly { readonly keyHash: string; readonly valueHash: string | null }[];
    readonly leaves: readonly Leaf[];
    readonly root: string;
  }[];
  readonly proofs: readonly StateProofVector[];
}

type Update = StateTreeVectors['changes'][0]['updates'][0];

/** A key hash that begins with these bits and ends with these bytes, zeros between. */
function keyOf(bits: string, end = '00'): string {
  const whole = bits.padEnd(256 - end.length * 4, '0');
  return toHex(Uint8Array.from(whole.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2))) + end;
}

function valueHashOf(name: string): string {
  return toHex(stateValueHash(utf8(name)));
}

const K = {
  a: keyOf('000'),
  b: keyOf('001'),
  c: keyOf('01'),
  d: keyOf('1', '00'),
  e: keyOf('1', '01'),
  far: keyOf('11'),
} as const;

const STEPS: readonly (readonly [name: string, updates: readonly Update[]])[] = [
  ['nothing', []],
  ['one key: the leaf is the root', [{ keyHash: K.a, valueHash: valueHashOf('one') }]],
  ['another value', [{ keyHash: K.a, valueHash: valueHashOf('two') }]],
  ['a key that differs in bit 0', [{ keyHash: K.d, valueHash: valueHashOf('d') }]],
  [
    'a key that differs in bit 2: a new inner node on the way',
    [{ keyHash: K.b, valueHash: valueHashOf('b') }],
  ],
  ['a key that shares 255 bits with another', [{ keyHash: K.e, valueHash: valueHashOf('e') }]],
  ['a deletion that lifts the lone sibling through 255 levels', [{ keyHash: K.e, valueHash: null }]],
  ['a deletion of what is absent', [{ keyHash: K.c, valueHash: null }]],
  [
    'a deletion, a change and an insertion at once',
    [
      { keyHash: K.b, valueHash: null },
      { keyHash: K.a, valueHash: valueHashOf('three') },
      { keyHash: K.c, valueHash: valueHashOf('c') },
    ],
  ],
  ['a deletion beside an inner node, which is not lifted', [{ keyHash: K.d, valueHash: null }]],
  [
    'the deletion of all',
    [
      { keyHash: K.a, valueHash: null },
      { keyHash: K.c, valueHash: null },
    ],
  ],
];

export function stateTreeVectors(): StateTreeVectors {
  return {
    description:
      'The state tree (docs/proofs.md, section State). Everything is hex. rows: hashes of keys and values. changes: one tree, changed in turn. proofs: siblings are from the root down; valueHash null claims absence.',
    rows: [
      rowOf(0, '', ''),
      rowOf(1, '00', 'a0'),
      rowOf(1, '0000', 'f6'),
      rowOf(2, '00', 'a0'),
      rowOf(255, 'ffff', '80'),
    ],
    changes: changes(),
    proofs: [...smallTreeProofs(), ...largeTreeProofs()],
  };
}

function rowOf(table: number, key: string, value: string): StateTreeVectors['rows'][0] {
  return {
    table,
    key,
    value,
    keyHash: toHex(stateKeyHash(table, fromHex(key))),
    valueHash: toHex(stateValueHash(fromHex(value))),
  };
}

function apply(tree: MemoryTree, updates: readonly Update[]): string {
  const { root, nodes } = updateTree(
    tree,
    updates.map(({ keyHash, valueHash }) => ({
      keyHash: fromHex(keyHash),
      valueHash: valueHash === null ? null : fromHex(valueHash),
    })),
    hashBlocks64,
  );
  tree.write(nodes);
  return root;
}

function changes(): StateTreeVectors['changes'] {
  const tree = createMemoryTree();
  const map = new Map<string, string>();
  return STEPS.map(([name, updates]) => {
    const root = apply(tree, updates);
    for (const { keyHash, valueHash } of updates) {
      if (valueHash === null) map.delete(keyHash);
      else map.set(keyHash, valueHash);
    }
    const leaves = [...map].map(([keyHash, valueHash]): Leaf => ({ keyHash, valueHash }));
    return { name, updates, leaves, root };
  });
}

function proofVector(
  name: string,
  root: string,
  keyHash: string,
  valueHash: string | null,
  proof: StateProof,
): StateProofVector {
  const value = valueHash === null ? null : fromHex(valueHash);
  return {
    name,
    root,
    keyHash,
    valueHash,
    proof,
    valid: verifyStateProof(root, fromHex(keyHash), value, proof),
  };
}

function smallTreeProofs(): StateProofVector[] {
  const tree = createMemoryTree();
  const empty = treeRoot(tree);
  const none = proveState(tree, fromHex(K.a));
  const values = { a: valueHashOf('a'), c: valueHashOf('c'), d: valueHashOf('d'), e: valueHashOf('e') };
  const lone = apply(tree, [{ keyHash: K.a, valueHash: values.a }]);
  const single = proveState(tree, fromHex(K.a));
  const root = apply(
    tree,
    (['c', 'd', 'e'] as const).map((name) => ({ keyHash: K[name], valueHash: values[name] })),
  );
  const prove = (key: string): StateProof => proveState(tree, fromHex(key));
  const present = prove(K.a);
  const beside = prove(K.b);
  const gap = prove(K.far);
  const leaf = present.leaf as Leaf;
  return [
    proofVector('an empty tree: absent', empty, K.a, null, none),
    proofVector('an empty tree: not present', empty, K.a, values.a, none),
    proofVector('one leaf: present', lone, K.a, values.a, single),
    proofVector('one leaf: another key absent', lone, K.d, null, single),
    proofVector('one leaf: its own key not absent', lone, K.a, null, single),
    proofVector('present at depth 2', root, K.a, values.a, present),
    proofVector('present at depth 256', root, K.d, values.d, prove(K.d)),
    proofVector('present at depth 256, bit 1', root, K.e, values.e, prove(K.e)),
    proofVector('absent, ending in a leaf of another key', root, K.b, null, beside),
    proofVector('absent, ending in an empty subtree', root, K.far, null, gap),
    proofVector('another value', root, K.a, values.c, present),
    proofVector('present claimed absent', root, K.a, null, present),
    proofVector('absent claimed present', root, K.b, values.a, beside),
    proofVector('absent claimed present, empty end', root, K.far, values.a, gap),
    proofVector('the proof of another key', root, K.c, values.c, present),
    proofVector('absence by a leaf of another part of the tree', root, K.far, null, present),
    proofVector('absence by an empty end where a leaf is', root, K.a, null, { ...present, leaf: null }),
    proofVector('a root of another tree', lone, K.a, values.a, present),
    proofVector('no siblings', root, K.a, values.a, { ...present, siblings: [] }),
    proofVector('a sibling less', root, K.a, values.a, { ...present, siblings: present.siblings.slice(1) }),
    proofVector('a sibling more', root, K.a, values.a, {
      ...present,
      siblings: [...present.siblings, empty],
    }),
    proofVector('siblings from the end up', root, K.a, values.a, {
      ...present,
      siblings: present.siblings.toReversed(),
    }),
    proofVector('the leaf of another key for a present one', root, K.a, values.a, {
      ...present,
      leaf: { ...leaf, keyHash: K.b },
    }),
    proofVector('the leaf with another value', root, K.a, values.a, {
      ...present,
      leaf: { ...leaf, valueHash: values.c },
    }),
    proofVector('257 siblings', root, K.d, values.d, {
      ...prove(K.d),
      siblings: [empty, ...prove(K.d).siblings],
    }),
  ];
}

/** A hundred rows of one table, as the ledger has them. */
function largeTreeProofs(): StateProofVector[] {
  const tree = createMemoryTree();
  const keyOfRow = (index: number): string => toHex(stateKeyHash(7, utf8(`row ${index}`)));
  const rows = Array.from({ length: 100 }, (_, index) => ({
    keyHash: keyOfRow(index),
    valueHash: valueHashOf(`value ${index}`),
  }));
  apply(tree, rows);
  const root = apply(
    tree,
    rows.slice(0, 30).map(({ keyHash }) => ({ keyHash, valueHash: null })),
  );
  return [0, 1, 29, 30, 31, 99, 100].map((index) => {
    const key = keyOfRow(index);
    const valueHash = index >= 30 && index < 100 ? valueHashOf(`value ${index}`) : null;
    const name = `row ${index} of table 7, ${valueHash === null ? 'absent' : 'present'}`;
    return proofVector(name, root, key, valueHash, proveState(tree, fromHex(key)));
  });
}
