// Owns: the page of a run.
import type { RunRecord } from '../run/verdict.ts';

export function renderReport(record: RunRecord): string {
  return record.verdict.scenario;
}
