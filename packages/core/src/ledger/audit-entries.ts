// Owns: entries of an institution's own systems, as they are proven: their canonical form, the chain of each pseudonym,
// the tree of a batch, the map over all pseudonyms, and the checks of all of these. Rules A1 to A4 are those of
// docs/protocol.md. Needs no ledger state. Does not own: that a root is committed (aggregates.ts), keeping entries.
import { concat, fromHex, type Hex32 } from '../bytes.ts';
import { encode, hex16, hex32, integer, oneOf, type Shape, struct, variants } from '../codec.ts';
import { domainTag, sha256, taggedHash, ZERO_HASH } from '../hash.ts';
import { INDEX_MAX } from '../limits.ts';
import { type MerkleProof, verifyMerkle } from '../merkle.ts';
import { type StateProof, verifyStateProof } from '../state-proof.ts';
import type { Aggregate } from './aggregate-rows.ts';
import { type Purpose, purposeShape } from './codes.ts';
import { indexShape, timeMs } from './rows.ts';

/** What was done: HL7 audit-event-action (create, delete, execute, read, update). Sorted. */
export const AUDIT_ACTIONS = ['C', 'D', 'E', 'R', 'U'] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** Who did it: an account of the ledger, or a code that only the institution can turn into a person. */
export type AuditActor =
  | { readonly type: 'account'; readonly id: Hex32 }
  | { readonly type: 'code'; readonly code: string };

export const auditActorShape: Shape<AuditActor> = variants<AuditActor>({
  account: struct<Extract<AuditActor, { type: 'account' }>>({ type: oneOf('account'), id: hex32 }),
  code: struct<Extract<AuditActor, { type: 'code' }>>({ type: oneOf('code'), code: hex16 }),
});

/** What happened, before it has its place in the chain of its pseudonym. */
export interface AuditFact {
  /** By the clock of the system that saw it. Milliseconds since the epoch. */
  readonly time: number;
  /** The pseudonym. */
  readonly patient: Hex32;
  readonly actor: AuditActor;
  readonly action: AuditAction;
  readonly purpose: Purpose;
  /** Salted digest of whatever else is known of it (`auditDetailDigest`), which stays where it is. */
  readonly detail: Hex32;
}

/** A1. No identifier and no free text. It stays with the institution all the same: only digests leave it. */
export interface AuditEntry extends AuditFact {
  /** Among the entries of this pseudonym at this institution. */
  readonly index: number;
  /** A2. Digest of the entry before it; zeros in the first. */
  readonly previous: Hex32;
}

export const auditEntryShape: Shape<AuditEntry> = struct<AuditEntry>({
  time: timeMs,
  patient: hex32,
  actor: auditActorShape,
  action: oneOf(...AUDIT_ACTIONS),
  purpose: purposeShape,
  detail: hex32,
  index: indexShape,
  previous: hex32,
});

/** How far the chain of one pseudonym reaches: how many entries, and the digest of the last. */
export interface AuditHead {
  readonly count: number;
  readonly head: Hex32;
}

export const auditHeadShape: Shape<AuditHead> = struct<AuditHead>({
  count: integer(1, INDEX_MAX),
  head: hex32,
});

/** Of a pseudonym that the map does not hold. */
export const NO_AUDIT_ENTRY: AuditHead = { count: 0, head: ZERO_HASH };

/** What stands for an entry in its batch, in the chain and in the map. */
export function auditEntryDigest(entry: AuditEntry): Hex32 {
  return taggedHash('consilium/audit-entry/v1', encode(auditEntryShape, entry));
}

/** `salt`: 32 random bytes of this entry alone. Without it nobody can test a guess, of the detail or of the entry. */
export function auditDetailDigest(salt: Hex32, detail: Uint8Array): Hex32 {
  return taggedHash('consilium/audit-detail/v1', concat(fromHex(salt), sha256(detail)));
}

/** A2. The entry that follows on a head, and the head after it. */
export function chainAuditEntry(
  { count, head }: AuditHead,
  fact: AuditFact,
): { readonly entry: AuditEntry; readonly head: AuditHead } {
  const { time, patient, actor, action, purpose, detail } = fact;
  const entry = { time, patient, actor, action, purpose, detail, index: count, previous: head };
  return { entry, head: { count: count + 1, head: auditEntryDigest(entry) } };
}

/** A3. Whether the entry stands where the proof says, in the batch of this row. */
export function verifyBatchEntry(row: Aggregate, entry: AuditEntry, place: MerkleProof): boolean {
  return place.size === row.count && verifyMerkle(row.root, fromHex(auditEntryDigest(entry)), place);
}

const MAP_TAG = domainTag('consilium/audit-map/v1');

/** A4. Where a pseudonym stands in the map: a tree of the same form as that of the ledger state. */
export function auditMapKey(patient: Hex32): Uint8Array {
  return sha256(concat(MAP_TAG, fromHex(patient)));
}

export function auditMapValue(head: AuditHead): Uint8Array {
  return sha256(encode(auditHeadShape, head));
}

/** A4. Whether the pseudonym's chain reaches this head under the root; null: the map does not hold it. */
export function verifyAuditHead(
  mapRoot: Hex32,
  patient: Hex32,
  head: AuditHead | null,
  proof: StateProof,
): boolean {
  return verifyStateProof(mapRoot, auditMapKey(patient), head === null ? null : auditMapValue(head), proof);
}

/** Why entries are not the complete chain of a pseudonym. */
export type AuditChainRule = 'patient' | 'order' | 'changed' | 'missing' | 'surplus';

/**
 * A2. undefined: these are all the entries that the head counts, in order, each as it was. Else the position of the first
 * that does not fit. A change of an entry is seen at the one that follows on it, or at the head.
 */
export function auditChainFault(
  patient: Hex32,
  entries: readonly AuditEntry[],
  { count, head }: AuditHead,
): { readonly at: number; readonly rule: AuditChainRule } | undefined {
  let previous = ZERO_HASH;
  for (const [at, entry] of entries.entries()) {
    if (at >= count) return { at, rule: 'surplus' };
    if (entry.patient !== patient) return { at, rule: 'patient' };
    if (entry.index !== at) return { at, rule: 'order' };
    if (entry.previous !== previous) return { at: Math.max(0, at - 1), rule: 'changed' };
    previous = auditEntryDigest(entry);
  }
  if (entries.length < count) return { at: entries.length, rule: 'missing' };
  return previous === head ? undefined : { at: entries.length - 1, rule: 'changed' };
}
