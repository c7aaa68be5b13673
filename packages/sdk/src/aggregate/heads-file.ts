// Owns: the heads of all pseudonyms as text: what saves a start from reading every batch again. Nobody trusts it: its root
// must be that of the batch which it is as of. Does not own: the file (node-only/audit-store).
import {
  ConsiliumError,
  type Hex32,
  hex32,
  INDEX_MAX,
  indexShape,
  integer,
  oneOf,
  type Shape,
  struct,
} from '@consilium/core';
import { AUDIT_HEADS_LENGTH_MAX } from '../limits.ts';
import { jsonOfShape } from '../shaped-json.ts';
import { type AuditMap, createAuditMap, type MapRow } from './audit-map.ts';
import { storedPlaceShape } from './batch.ts';

export const AUDIT_HEADS_KIND = 'consilium-audit-heads';

interface HeadsHead {
  readonly kind: typeof AUDIT_HEADS_KIND;
  readonly version: number;
  /** Number of batches that the heads are after. */
  readonly batches: number;
  /** Number of entries in them. */
  readonly entries: number;
  readonly pseudonyms: number;
  readonly mapRoot: Hex32;
}

export interface AuditHeads {
  readonly batches: number;
  readonly entries: number;
  readonly map: AuditMap;
}

interface HeadLine extends MapRow {
  readonly patient: Hex32;
}

const headShape: Shape<HeadsHead> = struct<HeadsHead>({
  kind: oneOf(AUDIT_HEADS_KIND),
  version: integer(1, 1),
  batches: indexShape,
  entries: indexShape,
  pseudonyms: indexShape,
  mapRoot: hex32,
});

const lineShape: Shape<HeadLine> = struct<HeadLine>({
  patient: hex32,
  count: integer(1, INDEX_MAX),
  head: hex32,
  last: storedPlaceShape,
});

export function formatAuditHeads({ batches, entries, map }: AuditHeads): string {
  const head: HeadsHead = {
    kind: AUDIT_HEADS_KIND,
    version: 1,
    batches,
    entries,
    pseudonyms: map.size(),
    mapRoot: map.root(),
  };
  const lines = [JSON.stringify(head)];
  for (const [patient, row] of map.rows()) lines.push(JSON.stringify({ patient, ...row }));
  return `${lines.join('\n')}\n`;
}

/** Throws `FILE_INVALID`; never says what stands in the file. */
export function parseAuditHeads(text: string): AuditHeads {
  if (text.length > AUDIT_HEADS_LENGTH_MAX) throw refuse('form');
  const lines = text.split('\n');
  const head = parseLine(headShape, lines[0] ?? '');
  if (lines.length !== head.pseudonyms + 2 || lines.at(-1) !== '') throw refuse('form');
  const rows = new Map<Hex32, MapRow>();
  for (const line of lines.slice(1, -1)) {
    const { patient, ...row } = parseLine(lineShape, line);
    rows.set(patient, row);
  }
  const map = createAuditMap();
  map.grow(rows);
  if (rows.size !== head.pseudonyms || map.root() !== head.mapRoot) throw refuse('root and heads differ');
  return { batches: head.batches, entries: head.entries, map };
}

function parseLine<T>(shape: Shape<T>, line: string): T {
  const value = jsonOfShape(shape, line);
  if (value === undefined) throw refuse('form');
  return value;
}

function refuse(rule: string): ConsiliumError {
  return new ConsiliumError('FILE_INVALID', { kind: AUDIT_HEADS_KIND, rule });
}
