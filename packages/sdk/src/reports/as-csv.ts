// Owns: one table of a report as CSV (RFC 4180), safe to open in a spreadsheet. Does not own: which table.
import type { ReportTable } from './report.ts';

const NEWLINE = '\r\n';

/** The first line holds the names of the columns. */
export function tableToCsv({ columns, rows }: ReportTable): string {
  const lines = [columns.map(({ name }) => name), ...rows];
  return lines.map((row) => row.map(cell).join(',') + NEWLINE).join('');
}

/** A spreadsheet takes a text that begins like a formula for one (names come from others): an apostrophe stops it. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
