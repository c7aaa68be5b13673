// Owns: one trial: a scenario over seeds, one after the other, in a process of its own, on this tree or on a planted copy of
// it. Does not own: what runs in that process (trial-main.ts).
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { TRIAL_STDERR_CHARS_MAX } from '../limits.ts';
import { ROOT } from './tree.ts';

export interface TrialJob {
  /** As `renderScenario` writes it. */
  readonly scenario: string;
  readonly seeds: readonly number[];
  /** Ends with the first seed in which one of these convicts; empty: with the first that does not pass. */
  readonly convictedBy: readonly string[];
}

/** What the last seed gave. */
export interface TrialResult {
  /** How many seeds were run. */
  readonly runs: number;
  readonly passed: number;
  readonly seed: number;
  readonly outcome: string;
  /** Of the last seed, in the order in which they convicted. */
  readonly violations: readonly { readonly checker: string; readonly what: string }[];
}

const MAIN = 'packages/chaos/src/selftest/trial-main.ts';

/** Rejects when the process itself breaks. */
export async function runTrial(folder: string | undefined, job: TrialJob): Promise<TrialResult> {
  const child = spawn(process.execPath, [MAIN], { cwd: folder ?? ROOT, stdio: 'pipe' });
  // A process that dies early closes its input: its exit says so.
  child.stdin.on('error', () => undefined);
  child.stdin.end(JSON.stringify(job));
  const status = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), status]);
  if (code !== 0) throw new Error(`A trial ended with status ${code}: ${err.slice(-TRIAL_STDERR_CHARS_MAX)}`);
  return JSON.parse(out) as TrialResult;
}
