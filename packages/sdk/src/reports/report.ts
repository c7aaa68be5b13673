// Owns: what a report is, whatever law asks for it: tables of text with the paragraph that each column answers, and notes.
// Does not own: which rows (one file per report), how it is written (as-csv.ts, as-fhir.ts).
import type { Hex32 } from '@consilium/core';
import type { AuditEventOf } from '../audit/fhir/bundle.ts';
import type { VerifiedAccessLog } from '../audit/verify-log.ts';

export const REPORT_KINDS = ['accounting', 'access', 'ehds', 'copy', 'processing'] as const;
export type ReportKind = (typeof REPORT_KINDS)[number];

export interface ReportColumn {
  readonly name: string;
  readonly title: string;
  /** What of the law the column answers; empty: more than it asks. */
  readonly paragraph: string;
}

export interface ReportTable {
  readonly name: string;
  readonly title: string;
  readonly columns: readonly ReportColumn[];
  /** As many texts as columns; empty where nothing is known. */
  readonly rows: readonly (readonly string[])[];
}

export interface Report {
  readonly kind: ReportKind;
  readonly title: string;
  readonly law: string;
  /** Who it is about, in the words of who asks; a patient is never named on the ledger. */
  readonly subject: string;
  /** Pseudonyms; none: about an institution. */
  readonly patients: readonly Hex32[];
  /** Time of the request. Milliseconds since the epoch. */
  readonly made: number;
  /** First and last moment that it is about; null: all there is. */
  readonly period: { readonly from: number; readonly until: number } | null;
  readonly completeAsOf: VerifiedAccessLog['completeAsOf'] | null;
  /** The first is the one that the law asks for. */
  readonly tables: readonly ReportTable[];
  readonly notes: readonly string[];
  /** The audit events behind the rows, where there are any. */
  readonly events: readonly AuditEventOf[];
}

export function columnsOf(
  ...columns: readonly (readonly [name: string, title: string, paragraph?: string])[]
): readonly ReportColumn[] {
  return columns.map(([name, title, paragraph = '']) => ({ name, title, paragraph }));
}

/** Oldest of several logs: up to there the report misses nothing. */
export function oldestOf(logs: readonly VerifiedAccessLog[]): VerifiedAccessLog['completeAsOf'] | null {
  const [first, ...others] = logs.map(({ completeAsOf }) => completeAsOf);
  if (first === undefined) return null;
  return others.reduce((oldest, each) => (each.height < oldest.height ? each : oldest), first);
}

/** `2027-03-02T10:00:00Z`. */
export function stamp(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19)}Z`;
}

/** So many years before, to the same day of the calendar (29 February: the day after). */
export function yearsBefore(timeMs: number, years: number): number {
  const date = new Date(timeMs);
  date.setUTCFullYear(date.getUTCFullYear() - years);
  return date.getTime();
}

/** One object for each row, by the names of the columns. */
export function rowObjects({ columns, rows }: ReportTable): readonly Readonly<Record<string, string>>[] {
  return rows.map((row) => Object.fromEntries(columns.map(({ name }, at) => [name, row[at] ?? ''])));
}
