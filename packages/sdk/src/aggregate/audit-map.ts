// Owns: the map from pseudonym to how far its chain of entries reaches, in memory, with its root and its proofs (rule A4).
// Does not own: keeping it, which batches it grew from.
import {
  type AuditHead,
  auditMapKey,
  auditMapValue,
  createMemoryTree,
  type Hex32,
  hashBlocks64,
  NO_AUDIT_ENTRY,
  proveState,
  type StateProof,
  treeRoot,
  updateTree,
  ZERO_HASH,
} from '@consilium/core';

/** Where an entry lies in the institution's store. */
export interface StoredPlace {
  readonly batch: number;
  readonly position: number;
}

/** A pseudonym's head, and where its last entry lies. */
export interface MapRow extends AuditHead {
  readonly last: StoredPlace;
}

export interface AuditMap {
  readonly root: () => Hex32;
  readonly size: () => number;
  readonly rowOf: (patient: Hex32) => MapRow | undefined;
  readonly headOf: (patient: Hex32) => AuditHead;
  readonly rows: () => Iterable<readonly [patient: Hex32, row: MapRow]>;
  /** The root after these rows, which become the map's. */
  readonly grow: (rows: ReadonlyMap<Hex32, MapRow>) => Hex32;
  /** That the pseudonym has its head under the root, or is not in the map. */
  readonly prove: (patient: Hex32) => StateProof;
}

/** `behind`: the root that stands for it as long as it is empty; zeros, unless an earlier map was lost. */
export function createAuditMap(behind: Hex32 = ZERO_HASH): AuditMap {
  const rows = new Map<Hex32, MapRow>();
  const tree = createMemoryTree();
  return {
    root: () => (rows.size === 0 ? behind : treeRoot(tree)),
    size: () => rows.size,
    rowOf: (patient) => rows.get(patient),
    headOf: (patient) => {
      const row = rows.get(patient);
      return row === undefined ? NO_AUDIT_ENTRY : { count: row.count, head: row.head };
    },
    rows: () => rows,
    grow: (grown) => {
      const updates = [...grown].map(([patient, { count, head }]) => ({
        keyHash: auditMapKey(patient),
        valueHash: auditMapValue({ count, head }),
      }));
      const { root, nodes } = updateTree(tree, updates, hashBlocks64);
      tree.write(nodes);
      for (const [patient, row] of grown) rows.set(patient, row);
      return root;
    },
    prove: (patient) => proveState(tree, auditMapKey(patient)),
  };
}
