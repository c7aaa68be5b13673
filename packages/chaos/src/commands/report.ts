// Owns: `chaos report`: the page of a run's folder.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConsiliumError } from '@consilium/core';
import { renderReport } from '../report/report.ts';
import { readRun } from '../run/artifacts.ts';
import type { CommandResult } from './result.ts';

export async function writeReport(
  dir: string,
  file: string = join(dir, 'report.html'),
): Promise<CommandResult> {
  const record = await readRun(dir);
  writePage(file, renderReport(record));
  return { data: { file, outcome: record.verdict.outcome }, lines: [file], exitCode: 0 };
}

function writePage(file: string, page: string): void {
  try {
    writeFileSync(file, page);
  } catch {
    throw new ConsiliumError('FILE_UNREADABLE', { file });
  }
}
