// Owns: `chaos report`: the page of a run's folder.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderReport } from '../report/report.ts';
import { readRun } from '../run/artifacts.ts';
import type { CommandResult } from './result.ts';

export async function writeReport(
  dir: string,
  file: string = join(dir, 'report.html'),
): Promise<CommandResult> {
  const record = await readRun(dir);
  writeFileSync(file, renderReport(record));
  return { data: { file, outcome: record.verdict.outcome }, lines: [file], exitCode: 0 };
}
