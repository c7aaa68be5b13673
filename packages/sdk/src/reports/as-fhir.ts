// Owns: a report as a FHIR R4 document: a Composition whose sections hold the tables, and the audit events behind them.
// Does not own: the report, the events.
import { hashHex, utf8 } from '@consilium/core';
import { identifierOf, type Json, uuidUrl } from '../audit/fhir/codes.ts';
import { type Report, type ReportTable, stamp } from './report.ts';

const XHTML = 'http://www.w3.org/1999/xhtml';

/** Resources that go with it, as the patient's records in a copy. */
export interface FhirAttachment {
  /** What its place in the bundle is named after. */
  readonly name: string;
  readonly resource: Json;
}

export function reportToFhir(report: Report, attachments: readonly FhirAttachment[] = []): Json {
  const parts = [
    ...report.events.map(({ id, resource }) => ({ fullUrl: urlOf(report, id), resource })),
    ...attachments.map(({ name, resource }) => ({ fullUrl: urlOf(report, name), resource })),
  ];
  const entries = parts.map(({ fullUrl }) => ({ reference: fullUrl }));
  const composition = compositionOf(report, entries);
  return {
    resourceType: 'Bundle',
    identifier: { system: 'urn:consilium:report', value: nameOf(report) },
    type: 'document',
    timestamp: stamp(report.made),
    entry: [{ fullUrl: urlOf(report, 'composition'), resource: composition }, ...parts],
  };
}

function compositionOf(report: Report, entries: readonly Json[]): Json {
  const { kind, title, law, subject, patients, made, tables, notes } = report;
  const [patient] = patients;
  const about =
    patient === undefined
      ? { display: subject }
      : { type: 'Patient', identifier: identifierOf('account', patient), display: subject };
  return {
    resourceType: 'Composition',
    status: 'final',
    type: { coding: [{ system: 'urn:consilium:report-kind', code: kind }], text: law },
    subject: about,
    date: stamp(made),
    author: [{ type: 'Device', display: 'the ledger that the hospitals run together' }],
    title,
    section: [
      ...tables.map((table, at) => sectionOf(table, at === 0 ? entries : [])),
      ...(notes.length === 0 ? [] : [{ title: 'Notes', text: narrative(listOf(notes)) }]),
    ],
  };
}

function sectionOf(table: ReportTable, entries: readonly Json[]): Json {
  return {
    title: table.title,
    code: { coding: [{ system: 'urn:consilium:report-table', code: table.name }] },
    text: narrative(tableOf(table)),
    ...(entries.length > 0 && { entry: entries }),
  };
}

function narrative(content: string): Json {
  return { status: 'generated', div: `<div xmlns="${XHTML}">${content}</div>` };
}

function tableOf({ columns, rows }: ReportTable): string {
  const head = columns.map(({ title, paragraph }) => {
    const label = paragraph === '' ? title : `${title} (${paragraph})`;
    return `<th>${escaped(label)}</th>`;
  });
  const body = rows.map((row) => `<tr>${row.map((text) => `<td>${escaped(text)}</td>`).join('')}</tr>`);
  return `<table><thead><tr>${head.join('')}</tr></thead><tbody>${body.join('')}</tbody></table>`;
}

function listOf(notes: readonly string[]): string {
  return `<ul>${notes.map((note) => `<li>${escaped(note)}</li>`).join('')}</ul>`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function nameOf({ kind, patients, subject, made }: Report): string {
  return hashHex(utf8(JSON.stringify([kind, patients, subject, made])));
}

function urlOf(report: Report, name: string): string {
  return uuidUrl(`${nameOf(report)}/${name}`);
}
