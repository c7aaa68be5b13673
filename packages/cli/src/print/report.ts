// Owns: a report in the form that was asked for, on the screen or in a file. Does not own: what it says (the SDK).
import {
  type FhirAttachment,
  type Report,
  type ReportTable,
  reportToFhir,
  rowObjects,
  tableToCsv,
} from '@consilium/sdk';
import type { Result } from '../command.ts';
import type { Io } from '../io.ts';
import { pathOf, SECRET_MODE, writeNew } from '../setup/files.ts';
import { formatOf, type ReportOptions } from '../setup/report-options.ts';
import { usage } from '../usage.ts';
import { completeLine } from './access.ts';
import { table as columns, fields, plural, printable } from './text.ts';

/** `attachments`: resources that go with it as FHIR. */
export async function reportResult(
  io: Io,
  report: Report,
  options: ReportOptions,
  attachments: readonly FhirAttachment[] = [],
): Promise<Result> {
  const data = reportData(report);
  const text = textOf(report, options, attachments);
  if (options.out === undefined)
    return {
      data: formatOf(options) === 'fhir' ? JSON.parse(text) : data,
      lines: text.trimEnd().split(/\r?\n/),
    };
  const file = pathOf(io, options.out);
  await writeNew(file, text, SECRET_MODE);
  const rows = report.tables.map(({ name, rows: all }) => [name, all.length] as const);
  return {
    data: { file, kind: report.kind, rows: Object.fromEntries(rows), completeAsOf: report.completeAsOf },
    lines: fields([['file', file], ...rows.map(([name, count]) => [name, plural(count, 'row')] as const)]),
  };
}

function textOf(report: Report, options: ReportOptions, attachments: readonly FhirAttachment[]): string {
  const format = formatOf(options);
  switch (format) {
    case 'json':
      return `${JSON.stringify(reportData(report))}\n`;
    case 'fhir':
      return `${JSON.stringify(reportToFhir(report, attachments))}\n`;
    case 'csv':
      return tableToCsv(tableNamed(report, options.table));
    case 'text':
      return `${screenLines(report).join('\n')}\n`;
  }
}

function tableNamed({ tables }: Report, name: string | undefined): ReportTable {
  const found = name === undefined ? tables[0] : tables.find((each) => each.name === name);
  if (found === undefined) throw usage(`--table is one of ${tables.map((each) => each.name).join(', ')}`);
  return found;
}

function reportData(report: Report): object {
  const { events: _, tables, ...head } = report;
  return {
    ...head,
    columns: Object.fromEntries(tables.map((each) => [each.name, each.columns])),
    tables: Object.fromEntries(tables.map((each) => [each.name, rowObjects(each)])),
  };
}

function screenLines({ title, law, subject, tables, notes, completeAsOf }: Report): readonly string[] {
  return [
    `${title} (${law})`,
    printable(`of ${subject}`),
    ...tables.flatMap((each) => [
      '',
      `${each.title}:`,
      ...columns([each.columns.map((column) => column.title.toUpperCase()), ...each.rows]),
    ]),
    '',
    ...notes,
    ...(completeAsOf === null ? [] : [completeLine(completeAsOf)]),
  ];
}
