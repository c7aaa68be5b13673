// Owns: `chaos report`: the page of a run's folder.
import { closeSync, constants, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConsiliumError } from '@consilium/core';
import { renderReport } from '../report/report.ts';
import { readRun } from '../run/artifacts.ts';
import type { CommandResult } from './result.ts';

const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;

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
    // Never through a link: the folder may have come from a stranger.
    const opened = openSync(file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o644);
    try {
      writeFileSync(opened, page);
    } finally {
      closeSync(opened);
    }
  } catch {
    throw new ConsiliumError('FILE_UNREADABLE', { file });
  }
}
