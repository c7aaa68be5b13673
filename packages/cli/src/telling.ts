// Owns: what is told of an access that was opened: the entry, the decision on each record, custodians that lied, whether
// there is more to look at. Does not own: opening (the SDK), where content goes (delivering.ts).
import { RECORDS_PER_ACCESS_MAX, RECORDS_PER_QUERY_SCAN_MAX } from '@consilium/core';
import {
  type AccessedRecord,
  type AccessSelection,
  ERRORS,
  type ErrorCode,
  type Hex32,
  isConsiliumError,
  type OpenedAccess,
} from '@consilium/sdk';
import type { Deliver, Delivered } from './delivering.ts';
import { EXIT } from './exit-codes.ts';
import type { Io } from './io.ts';
import { plural, printable, table, time } from './print/text.ts';
import type { Network } from './setup/network.ts';
import { type Subject, wordsOf } from './setup/subject.ts';

export interface Told {
  readonly record: AccessedRecord;
  readonly delivered: Delivered | null;
  /** Why a permitted record was not opened. */
  readonly fault: ErrorCode | null;
}

export async function tellAll(
  io: Io,
  subject: Subject,
  { access, records, liars }: OpenedAccess,
  deliver: Deliver,
): Promise<readonly Told[]> {
  io.err(`entered as access ${access.index} of this patient, at height ${access.height}\n`);
  for (const { name, reason } of liars)
    io.err(`${printable(`${name} answered with something false (${reason}); it was not used`)}\n`);
  const told: Told[] = [];
  for (const record of records) told.push(await tell(io, subject, record, deliver));
  return told;
}

async function tell(io: Io, subject: Subject, record: AccessedRecord, deliver: Deliver): Promise<Told> {
  io.err(`${printable(decisionLine(subject, record))}\n`);
  const { content, fault, notices } = record;
  for (const { text, citation } of notices) io.err(`  ${text} (${citation})\n`);
  if (content === null) {
    if (fault !== null) io.err(`  not opened: ${fault}: ${ERRORS[fault]}\n`);
    return { record, delivered: null, fault };
  }
  try {
    return { record, delivered: await deliver(record.record, content), fault: null };
  } catch (error) {
    if (!isConsiliumError(error)) throw error;
    io.err(`  not opened: ${error.code}: ${error.message}\n`);
    return { record, delivered: null, fault: error.code };
  }
}

function decisionLine(
  { vocabulary }: Subject,
  { decision, record, rule, consent, tag, row }: AccessedRecord,
): string {
  const words = tag === null || row === null ? [] : wordsOf(vocabulary, { ...row, tags: [tag] });
  const grounds = [rule, ...(consent === null ? [] : [`consent ${consent}`]), ...words];
  return `${decision} ${record}: ${grounds.join(', ')}`;
}

/** One access looks at so many records only: where the next one begins. What was opened stands without this word. */
export async function tellRest(
  io: Io,
  { client }: Network,
  patient: Hex32,
  selection: AccessSelection,
  { records }: OpenedAccess,
): Promise<void> {
  if (selection.type === 'records') return;
  const last = records.length < RECORDS_PER_ACCESS_MAX ? undefined : records.at(-1)?.row?.index;
  const next = last === undefined ? selection.fromIndex + RECORDS_PER_QUERY_SCAN_MAX : last + 1;
  try {
    const { value } = await client.records(patient, { limit: 1 });
    if (next < value.count) io.err(`there are more records to look at: --from-index ${next}\n`);
  } catch (error) {
    if (!isConsiliumError(error)) throw error;
    io.err(`whether there are more records is not known: ${error.code}\n`);
  }
}

/** Of each record, for `--json`. */
export function recordsData(told: readonly Told[]): readonly object[] {
  return told.map(({ record, delivered, fault }) => ({
    record: record.record,
    decision: record.decision,
    rule: record.rule,
    consent: record.consent,
    tag: record.tag,
    notices: record.notices,
    fault,
    ...delivered,
  }));
}

/** Which file holds which record, when content went into files. */
export function openedLines(told: readonly Told[], timeMs: number): readonly string[] {
  const opened = told.filter(({ delivered }) => delivered !== null);
  const rows = opened.map(({ record, delivered }) => [record.record, delivered?.file ?? '']);
  return [
    ...table([['RECORD', 'FILE'], ...rows]),
    `${plural(opened.length, 'record')} of ${told.length} opened, ${time(timeMs)}`,
  ];
}

export function openedExitCode(told: readonly Told[]): number {
  return told.every(({ delivered }) => delivered !== null) ? EXIT.ok : EXIT.failed;
}
