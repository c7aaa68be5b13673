// Owns: what a command of the kit ends with, and its exit codes: 0 pass, 1 fail, 2 unknown; a wrong word 64 and a broken kit
// 70 come of the errors SCENARIO_INVALID, CHAOS_RUN_INVALID and CHAOS_BROKEN.
import type { Outcome } from '../run/verdict.ts';

export interface CommandResult {
  /** Printed with `--json`. */
  readonly data: unknown;
  readonly lines: readonly string[];
  readonly exitCode: number;
}

/** Tells a person how far it is; never part of the result. */
export type Progress = (line: string) => void;

export const EXIT_OF: Readonly<Record<Outcome, number>> = { pass: 0, fail: 1, unknown: 2 };

/** The worst of several. */
export function worstOf(outcomes: readonly Outcome[]): Outcome {
  if (outcomes.includes('fail')) return 'fail';
  return outcomes.includes('unknown') || outcomes.length === 0 ? 'unknown' : 'pass';
}
