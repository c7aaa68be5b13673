// Owns: from waiting entries to a batch: each in the chain of its pseudonym, the root over all, the map after it; and the
// text in which a batch is kept. Does not own: committing its root (commit.ts), the file (node-only/audit-store).
import {
  AGGREGATE_ENTRIES_MAX,
  type AuditEntry,
  auditEntryDigest,
  auditEntryShape,
  ConsiliumError,
  chainAuditEntry,
  fromHex,
  type Hex32,
  hex32,
  indexShape,
  integer,
  merkleRoot,
  nullable,
  oneOf,
  type Shape,
  struct,
} from '@consilium/core';
import { AUDIT_BATCH_LENGTH_MAX } from '../limits.ts';
import { jsonOfShape } from '../shaped-json.ts';
import type { AuditMap, MapRow, StoredPlace } from './audit-map.ts';
import type { WaitingEntry } from './waiting.ts';

export const AUDIT_BATCH_KIND = 'consilium-audit-batch';

export interface BatchHead {
  readonly kind: typeof AUDIT_BATCH_KIND;
  readonly version: number;
  /** Its index in the institution's list on the ledger. */
  readonly index: number;
  /** Number of its first entry among all of the institution. */
  readonly first: number;
  readonly count: number;
  readonly root: Hex32;
  readonly mapRoot: Hex32;
  readonly previous: Hex32;
}

/** An entry with what only the institution needs of it. */
export interface StoredEntry {
  readonly entry: AuditEntry;
  readonly salt: Hex32;
  /** Where the entry before it of the same pseudonym lies. */
  readonly before: StoredPlace | null;
}

export interface AuditBatch {
  readonly head: BatchHead;
  readonly entries: readonly StoredEntry[];
}

const headShape: Shape<BatchHead> = struct<BatchHead>({
  kind: oneOf(AUDIT_BATCH_KIND),
  version: integer(1, 1),
  index: indexShape,
  first: indexShape,
  count: integer(1, AGGREGATE_ENTRIES_MAX),
  root: hex32,
  mapRoot: hex32,
  previous: hex32,
});

export const storedPlaceShape: Shape<StoredPlace> = struct<StoredPlace>({
  batch: indexShape,
  position: integer(0, AGGREGATE_ENTRIES_MAX - 1),
});

const storedEntryShape: Shape<StoredEntry> = struct<StoredEntry>({
  entry: auditEntryShape,
  salt: hex32,
  before: nullable(storedPlaceShape),
});

/** The next batch. The map has grown by it. */
export function buildAuditBatch(
  map: AuditMap,
  { index, first }: { readonly index: number; readonly first: number },
  waiting: readonly WaitingEntry[],
): AuditBatch {
  const previous = map.root();
  const grown = new Map<Hex32, MapRow>();
  const entries: StoredEntry[] = [];
  const leaves: Uint8Array[] = [];
  for (const [position, { salt, key: _key, ...fact }] of waiting.entries()) {
    const row = grown.get(fact.patient) ?? map.rowOf(fact.patient);
    const { entry, head } = chainAuditEntry(row ?? map.headOf(fact.patient), fact);
    entries.push({ entry, salt, before: row?.last ?? null });
    leaves.push(fromHex(head.head));
    grown.set(fact.patient, { ...head, last: { batch: index, position } });
  }
  const count = entries.length;
  const root = merkleRoot(leaves);
  const mapRoot = map.grow(grown);
  return {
    head: { kind: AUDIT_BATCH_KIND, version: 1, index, first, count, root, mapRoot, previous },
    entries,
  };
}

/**
 * The map grows by a batch that was built before. Throws `FILE_INVALID` when it does not go on from the map, or is not what
 * its roots are over.
 */
export function growByBatch(map: AuditMap, { head, entries }: AuditBatch): void {
  if (map.root() !== head.previous) throw damaged(head.index, 'does not follow on the batch before');
  const grown = new Map<Hex32, MapRow>();
  const leaves: Uint8Array[] = [];
  for (const [position, { entry }] of entries.entries()) {
    const before = grown.get(entry.patient) ?? map.headOf(entry.patient);
    if (entry.index !== before.count || entry.previous !== before.head)
      throw damaged(head.index, 'an entry does not follow on the one before');
    const digest = auditEntryDigest(entry);
    leaves.push(fromHex(digest));
    grown.set(entry.patient, {
      count: before.count + 1,
      head: digest,
      last: { batch: head.index, position },
    });
  }
  if (merkleRoot(leaves) !== head.root || map.grow(grown) !== head.mapRoot)
    throw damaged(head.index, 'its roots are not over its entries');
}

export function formatAuditBatch({ head, entries }: AuditBatch): string {
  const lines = entries.map((entry) => JSON.stringify(entry));
  return `${JSON.stringify(head)}\n${lines.join('\n')}\n`;
}

/** Throws `FILE_INVALID`; never says what stands in the file. */
export function parseAuditBatch(text: string): AuditBatch {
  if (text.length > AUDIT_BATCH_LENGTH_MAX) throw malformed();
  const lines = text.split('\n');
  const head = parseLine(headShape, lines[0] ?? '');
  if (lines.length !== head.count + 2 || lines.at(-1) !== '') throw malformed();
  return { head, entries: lines.slice(1, -1).map((line) => parseLine(storedEntryShape, line)) };
}

function parseLine<T>(shape: Shape<T>, line: string): T {
  const value = jsonOfShape(shape, line);
  if (value === undefined) throw malformed();
  return value;
}

function malformed(): ConsiliumError {
  return new ConsiliumError('FILE_INVALID', { kind: AUDIT_BATCH_KIND, rule: 'form' });
}

function damaged(batch: number, rule: string): ConsiliumError {
  return new ConsiliumError('FILE_INVALID', { kind: AUDIT_BATCH_KIND, batch, rule });
}
