// Owns: what reports about a patient are made from, and how they call people and records. Does not own: the reports.
import { type Hex32, isUnder, type Purpose } from '@consilium/core';
import type { TagKey } from '../actions.ts';
import { type AccessLogEntry, actorOf, type LoggedItem } from '../audit/log-entries.ts';
import type { VerifiedAccessLog } from '../audit/verify-log.ts';
import type { ConsentView } from '../client/queries.ts';
import { COMMON_CATEGORIES, explainTags } from '../keys/vocabulary.ts';
import { listed, monthStamp } from '../records/words.ts';
import type { NameBook } from './name-book.ts';

/** One pseudonym of the patient. */
export interface ReportSubject {
  readonly patient: Hex32;
  readonly log: VerifiedAccessLog;
  readonly consents: readonly ConsentView[];
  /** Without it, records are told without their categories. */
  readonly tagKey: TagKey | null;
}

export interface ReportSource {
  readonly subjects: readonly ReportSubject[];
  readonly names: NameBook;
  /** Time of the request. Milliseconds since the epoch. */
  readonly made: number;
}

export function patientName({ subjects, names }: ReportSource): string {
  const known = subjects.flatMap(({ patient }) => names.get(patient)?.name ?? []);
  return known[0] ?? subjects.map(({ patient }) => `pseudonym ${patient}`).join(', ');
}

export function institutionName(log: VerifiedAccessLog, names: NameBook, id: Hex32): string {
  return log.institutions.get(id) ?? names.get(id)?.name ?? `institution ${id}`;
}

/** The institution in whose name it was asked; empty where the patient asked, or who acts for the patient. */
export function placeOf(log: VerifiedAccessLog, names: NameBook, entry: AccessLogEntry): string {
  return actorOf(entry) === 'staff' ? institutionName(log, names, entry.institution) : '';
}

/** The person who asked; `its systems` where those of an institution asked for nobody in particular. */
export function personName(entry: AccessLogEntry, names: NameBook): string {
  const { requester, institution } = entry;
  if (requester === institution) return 'its systems';
  const name = names.get(requester)?.name ?? `account ${requester.slice(0, 8)}…`;
  const actor = actorOf(entry);
  if (actor === 'staff') return name;
  return actor === 'patient' ? 'the patient' : `${name}, who acts for the patient`;
}

/** Address of the institution or the person, as far as who makes the report knows it. */
export function addressOf({ requester, institution }: AccessLogEntry, names: NameBook): string {
  return names.get(institution)?.address ?? names.get(requester)?.address ?? '';
}

/** `2 records of Aare: laboratory, 2027-01 to 2027-03; 1 record that the patient does not have`. */
export function describeItems(
  { log, tagKey }: ReportSubject,
  names: NameBook,
  items: readonly LoggedItem[],
): string {
  const byAuthor = new Map<Hex32 | null, LoggedItem[]>();
  for (const item of items) {
    const author = log.records.get(item.record)?.author ?? null;
    byAuthor.set(author, [...(byAuthor.get(author) ?? []), item]);
  }
  return [...byAuthor]
    .map(([author, group]) => {
      const count = group.length === 1 ? '1 record' : `${group.length} records`;
      if (author === null) return `${count} that the ledger does not know`;
      const of = `${count} of ${institutionName(log, names, author)}`;
      const kinds = [...categoriesOf(log, tagKey, group), ...monthsOf(log, group)];
      return kinds.length === 0 ? of : `${of}: ${kinds.join(', ')}`;
    })
    .join('; ');
}

function categoriesOf(
  { records }: VerifiedAccessLog,
  tagKey: TagKey | null,
  items: readonly LoggedItem[],
): readonly string[] {
  if (tagKey === null) return [];
  const words = items.flatMap(({ record }) => {
    const row = records.get(record);
    if (row === undefined || row.tagGeneration !== tagKey.tagGeneration) return [];
    return explainTags(tagKey, row.tags).filter((word) => COMMON_CATEGORIES.includes(word));
  });
  const sorted = [...new Set(words)].toSorted();
  return sorted.length === 0 ? [] : [listed(sorted)];
}

function monthsOf({ records }: VerifiedAccessLog, items: readonly LoggedItem[]): readonly string[] {
  const months = items.flatMap(({ record }) => records.get(record)?.month ?? []).toSorted((a, b) => a - b);
  const [first, last] = [months[0], months.at(-1)];
  if (first === undefined || last === undefined) return [];
  return [first === last ? monthStamp(first) : `${monthStamp(first)} to ${monthStamp(last)}`];
}

/** Treatment, payment, health care operations (45 CFR 164.501). Legal matters, which HL7 files there, are not taken for it. */
export function isCareAndRunning(purpose: Purpose): boolean {
  return (
    purpose !== 'HLEGAL' && (['TREAT', 'HPAYMT', 'HOPERAT'] as const).some((each) => isUnder(purpose, each))
  );
}
