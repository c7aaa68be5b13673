// Owns: the published vectors of entries of an institution's own systems: their digests and chains, the tree of a batch,
// the map over the pseudonyms.
import {
  type AuditEntry,
  type AuditFact,
  type AuditHead,
  auditDetailDigest,
  auditEntryDigest,
  auditEntryShape,
  auditHeadShape,
  auditMapKey,
  auditMapValue,
  chainAuditEntry,
  createMemoryTree,
  encode,
  fromHex,
  type Hex32,
  hashBlocks64,
  hashHex,
  type MerkleProof,
  merkleProof,
  merkleRoot,
  NO_AUDIT_ENTRY,
  proveState,
  type StateProof,
  toHex,
  updateTree,
  utf8,
} from '../../../src/index.ts';

const PATIENTS = ['patient 1', 'patient 2', 'patient 3'].map((name) => hashHex(utf8(name))) as [
  Hex32,
  Hex32,
  Hex32,
];

const DETAILS = ['', 'medication list', 'Röntgenbild'].map((detail, at) => ({
  salt: hashHex(utf8(`salt ${at}`)),
  detail: toHex(utf8(detail)),
}));

export interface AuditVectors {
  readonly description: string;
  readonly details: readonly { readonly salt: Hex32; readonly detail: string; readonly digest: Hex32 }[];
  /** In the order of the batch. */
  readonly entries: readonly {
    readonly entry: AuditEntry;
    readonly bytes: string;
    readonly digest: Hex32;
    readonly place: MerkleProof;
  }[];
  readonly root: Hex32;
  readonly mapRoot: Hex32;
  /** Null: the map does not hold the pseudonym. */
  readonly map: readonly {
    readonly patient: Hex32;
    readonly key: Hex32;
    readonly head: AuditHead | null;
    readonly bytes: string | null;
    readonly proof: StateProof;
  }[];
}

export function auditVectors(): AuditVectors {
  const heads = new Map<Hex32, AuditHead>();
  const entries = factsOf().map((fact) => {
    const { entry, head } = chainAuditEntry(heads.get(fact.patient) ?? NO_AUDIT_ENTRY, fact);
    heads.set(fact.patient, head);
    return entry;
  });
  const leaves = entries.map((entry) => fromHex(auditEntryDigest(entry)));
  const tree = createMemoryTree();
  const updates = [...heads].map(([patient, head]) => ({
    keyHash: auditMapKey(patient),
    valueHash: auditMapValue(head),
  }));
  const { root: mapRoot, nodes } = updateTree(tree, updates, hashBlocks64);
  tree.write(nodes);
  return {
    description:
      "Entries of an institution's own systems (docs/proofs.md, section Aggregated entries). Bytes are hex. entries: one batch, in its order, with their places under root; each follows on the one before of its pseudonym. map: under mapRoot.",
    details: DETAILS.map(({ salt, detail }) => ({
      salt,
      detail,
      digest: auditDetailDigest(salt, fromHex(detail)),
    })),
    entries: entries.map((entry, at) => ({
      entry,
      bytes: toHex(encode(auditEntryShape, entry)),
      digest: auditEntryDigest(entry),
      place: merkleProof(leaves, at),
    })),
    root: merkleRoot(leaves),
    mapRoot,
    map: PATIENTS.map((patient) => {
      const head = heads.get(patient) ?? null;
      return {
        patient,
        key: toHex(auditMapKey(patient)),
        head,
        bytes: head === null ? null : toHex(encode(auditHeadShape, head)),
        proof: proveState(tree, auditMapKey(patient)),
      };
    }),
  };
}

/** Five entries, three of the first pseudonym and two of the second; the third has none. */
function factsOf(): readonly AuditFact[] {
  const [one, two] = PATIENTS;
  const code = { type: 'code', code: 'ab'.repeat(16) } as const;
  const account = { type: 'account', id: hashHex(utf8('doctor 1')) } as const;
  const detail = DETAILS.map((each) => auditDetailDigest(each.salt, fromHex(each.detail))) as [
    Hex32,
    Hex32,
    Hex32,
  ];
  const start = 1_790_000_000_000;
  return [
    { time: start, patient: one, actor: code, action: 'R', purpose: 'TREAT', detail: detail[0] },
    { time: start + 10, patient: two, actor: account, action: 'C', purpose: 'TREAT', detail: detail[1] },
    { time: start + 5, patient: one, actor: account, action: 'U', purpose: 'ETREAT', detail: detail[2] },
    { time: start + 20, patient: one, actor: code, action: 'E', purpose: 'HPAYMT', detail: detail[0] },
    { time: start + 30, patient: two, actor: code, action: 'D', purpose: 'HOPERAT', detail: detail[1] },
  ];
}
