// Owns: which records an access asks for, and which these are now. Does not own: whether they open (decision.ts).
import type { Hex32 } from '../bytes.ts';
import { hex16, hex32, integer, list, nullable, oneOf, type Shape, struct, variants } from '../codec.ts';
import { INDEX_MAX, RECORDS_PER_ACCESS_MAX, RECORDS_PER_QUERY_SCAN_MAX, TAGS_PER_RECORD } from '../limits.ts';
import { setOf } from './codes.ts';
import { isWithin } from './consent-rules.ts';
import type { RecordRow } from './record-rows.ts';
import { type DataPeriod, dataPeriodShape } from './rows.ts';
import type { StateReader } from './state.ts';
import { readRow } from './table.ts';
import { listCount, PATIENT_RECORDS, RECORDS } from './tables.ts';

/** Which records: by name, or whatever of the patient's list fits. */
export type AccessSelection =
  | { readonly type: 'records'; readonly records: readonly Hex32[] }
  | {
      readonly type: 'query';
      /** One of them must be among the record's tags; empty: any. */
      readonly tags: readonly string[];
      /** The record's month must lie in it; null: any, and undated records too. */
      readonly months: DataPeriod | null;
      /** Where in the patient's list the search begins. At most `RECORDS_PER_QUERY_SCAN_MAX` rows are looked at. */
      readonly fromIndex: number;
    };

export const selectionShape: Shape<AccessSelection> = variants<AccessSelection>({
  records: struct<Extract<AccessSelection, { type: 'records' }>>({
    type: oneOf('records'),
    records: list(hex32, RECORDS_PER_ACCESS_MAX, 1),
  }),
  query: struct<Extract<AccessSelection, { type: 'query' }>>({
    type: oneOf('query'),
    tags: setOf(hex16, TAGS_PER_RECORD),
    months: nullable(dataPeriodShape),
    fromIndex: integer(0, INDEX_MAX),
  }),
});

/**
 * The ids that a selection names now; of a query the newest versions only, oldest first. `narrow`: in an emergency a
 * query looks for the emergency dataset and for nothing else.
 */
export function selectRecords(
  reader: StateReader,
  patient: Hex32,
  selection: AccessSelection,
  narrow = false,
): readonly Hex32[] {
  if (selection.type === 'records') return selection.records;
  const { tags, months, fromIndex } = selection;
  const end = Math.min(listCount(reader, 'records', patient), fromIndex + RECORDS_PER_QUERY_SCAN_MAX);
  const found: Hex32[] = [];
  for (let index = fromIndex; index < end && found.length < RECORDS_PER_ACCESS_MAX; index += 1) {
    const record = readRow(reader, PATIENT_RECORDS, patient, index)?.record;
    const row = record === undefined ? undefined : readRow(reader, RECORDS, record);
    if (record === undefined || row === undefined || !isCurrent(row) || (narrow && !row.emergency)) continue;
    if (meets(row.tags, tags) && (months === null || isWithin(row.month, months))) found.push(record);
  }
  return found;
}

function isCurrent({ amendedBy, retractedHeight, erasedHeight }: RecordRow): boolean {
  return amendedBy === null && retractedHeight === null && erasedHeight === null;
}

function meets(tags: readonly string[], wanted: readonly string[]): boolean {
  return wanted.length === 0 || wanted.some((tag) => tags.includes(tag));
}
