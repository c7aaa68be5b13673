// Owns: looking at the authenticated state: each node of the tree by the hash that its parent names, the root by the tip's
// header, each row by its leaf. Does not own: the chain.
import {
  concat,
  EMPTY_HASH,
  equalBytes,
  type Hex32,
  INNER_NODE_BYTES,
  isConsiliumError,
  isEmptyHash,
  LEAF_NODE_BYTES,
  proveState,
  stateKeyHash,
  stateValueHash,
  toHex,
  treePath,
} from '@consilium/core';
import { sha256Native } from '../crypto/sha256-native.ts';
import { treeReader } from '../replica/chain.ts';
import type { StoreSnapshot } from '../store/store.ts';
import { TABLES } from '../tables.ts';
import { type Findings, keyDigest } from './findings.ts';

export interface StateFound {
  readonly rows: number;
  readonly nodes: number;
}

/**
 * Every node is compared with its children, so that what hangs on the root is whole from the root down; every row is
 * looked for in the tree. What is left over on either side shows in the counts.
 */
export async function examineState(
  store: StoreSnapshot,
  stateRoot: Hex32,
  findings: Findings,
): Promise<StateFound> {
  const root = nodeOf(store, treePath(0, EMPTY_HASH));
  if (toHex(root === undefined ? EMPTY_HASH : sha256Native(root)) !== stateRoot)
    findings.add({ part: 'state', problem: 'the root is not the one of the tip', table: 'tree' });
  const tree = await examineTree(store, findings);
  let rows = 0;
  let sound = 0;
  for await (const { key, value } of store.rows({ table: TABLES.state })) {
    rows += 1;
    if (value === undefined) continue;
    if (isProven(store, key, value)) sound += 1;
    else
      findings.add({ part: 'state', problem: 'not what the tree says', table: 'state', key: keyDigest(key) });
  }
  if (tree.leaves > rows)
    findings.add({
      part: 'state',
      problem: `${tree.leaves - rows} rows of the tree are missing`,
      table: 'state',
    });
  if (tree.nodes > tree.expected)
    findings.add({ part: 'state', problem: 'nodes that hang on nothing', table: 'tree' });
  return { rows: sound, nodes: tree.nodes };
}

interface TreeFound {
  readonly nodes: number;
  readonly leaves: number;
  /** As many as hang on the root. */
  readonly expected: number;
}

async function examineTree(store: StoreSnapshot, findings: Findings): Promise<TreeFound> {
  let [nodes, leaves, expected] = [0, 0, 1];
  for await (const { key, value } of store.rows({ table: TABLES.tree })) {
    nodes += 1;
    // A row that does not open was named where all rows were looked at.
    if (value === undefined) continue;
    if (value.length === LEAF_NODE_BYTES) leaves += 1;
    else if (value.length !== INNER_NODE_BYTES)
      findings.add({ part: 'state', problem: 'no node', table: 'tree', key: keyDigest(key) });
    else expected += examineChildren(store, key, value, findings);
  }
  return { nodes, leaves, expected: nodes === 0 ? 0 : expected };
}

/** Gives how many children the node names. */
function examineChildren(
  store: StoreSnapshot,
  path: Uint8Array,
  node: Uint8Array,
  findings: Findings,
): number {
  let named = 0;
  for (const bit of [0, 1] as const) {
    const hash = node.subarray(bit * 32, bit * 32 + 32);
    if (isEmptyHash(hash)) continue;
    named += 1;
    const childPath = pathOfChild(path, bit);
    const child = nodeOf(store, childPath);
    if (child !== undefined && equalBytes(sha256Native(child), hash)) continue;
    const problem =
      child === undefined ? 'a node is missing or unreadable' : 'a node is not what its parent says';
    findings.add({ part: 'state', problem, table: 'tree', key: keyDigest(childPath) });
  }
  return named;
}

/** The marker bit of a path moves down by one place, and the step takes its place. */
function pathOfChild(path: Uint8Array, bit: 0 | 1): Uint8Array {
  const last = path.at(-1) ?? 0x80;
  const marker = last & -last;
  const stem = (last & ~marker) | (bit === 1 ? marker : 0);
  const head = path.subarray(0, -1);
  return marker === 1
    ? concat(head, Uint8Array.of(stem, 0x80))
    : concat(head, Uint8Array.of(stem | (marker >> 1)));
}

function isProven(store: StoreSnapshot, key: Uint8Array, value: Uint8Array): boolean {
  try {
    const keyHash = stateKeyHash(key[0] ?? 0, key.subarray(1));
    const { leaf } = proveState(treeReader(store), keyHash);
    if (leaf === null || leaf.keyHash !== toHex(keyHash)) return false;
    return leaf.valueHash === toHex(stateValueHash(value));
  } catch (error) {
    if (isConsiliumError(error)) return false;
    throw error;
  }
}

function nodeOf(store: StoreSnapshot, path: Uint8Array): Uint8Array | undefined {
  try {
    return store.get(TABLES.tree, path);
  } catch (error) {
    if (isConsiliumError(error)) return undefined;
    throw error;
  }
}
