// Owns: what every report command is told alike: in which form, where to, and the caller's own file of names. Does not own:
// what a report is made from (report-source.ts), how it looks (print/report.ts).

import { ConsiliumError } from '@consilium/core';
import { isConsiliumError, type NameBook, parseNameBook } from '@consilium/sdk';
import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { oneOf, usage } from '../usage.ts';
import { checkOwnerOnly, isThere, pathOf, readText } from './files.ts';

export const REPORT_FORMATS = ['text', 'json', 'csv', 'fhir'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

export interface ReportOptions {
  readonly format?: string;
  readonly table?: string;
  readonly out?: string;
  readonly names?: string;
}

export function addReportOptions(command: Command): Command {
  return command
    .option('--format <form>', 'text, json, csv or fhir', 'text')
    .option('--table <name>', 'with csv: which table (default: the first)')
    .option('--out <file>', 'write it there, for its owner only')
    .option('--names <file>', 'names of people and addresses of recipients, which the ledger has not');
}

export function formatOf({ format }: ReportOptions): ReportFormat {
  return oneOf(REPORT_FORMATS, format ?? 'text', '--format');
}

/** Before anything is asked: a wrong form or a path that is taken must cost no look. */
export async function checkReportOptions(io: Io, options: ReportOptions): Promise<void> {
  const format = formatOf(options);
  if (format !== 'csv' && options.table !== undefined) throw usage('--table goes with --format csv');
  if (options.out === undefined) return;
  const file = pathOf(io, options.out);
  if (await isThere(file)) throw new ConsiliumError('FILE_EXISTS', { file });
}

/** Empty without a file. Throws `FILE_INVALID`, `KEY_FILE_MODE`: it says who is behind which pseudonym. */
export async function namesOfCaller(io: Io, { names }: ReportOptions): Promise<NameBook> {
  if (names === undefined) return new Map();
  const path = pathOf(io, names);
  const text = await readText(path);
  await checkOwnerOnly(path);
  return namedFile(path, () => parseNameBook(text));
}

/** A refusal of a file's content, with its path. */
export function namedFile<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (isConsiliumError(error)) throw new ConsiliumError(error.code, { ...error.data, file: path });
    throw error;
  }
}
