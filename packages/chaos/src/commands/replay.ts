// Owns: `chaos replay`: the run of a folder once more, in its world.
import { runOnDevnet } from '../devnet-world/run.ts';
import { readRun } from '../run/artifacts.ts';
import { compareRuns, replayLines } from '../run/replay.ts';
import type { RunRecord } from '../run/verdict.ts';
import { versionsHere } from '../run/versions.ts';
import { runInSim } from '../sim-world/run.ts';
import { signaturesOf } from '../swarm/draw.ts';
import { type CommandResult, EXIT_OF, type Progress } from './result.ts';
import { violationLines } from './tally.ts';

export interface ReplayOptions {
  readonly dir: string;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/** Exit code of the outcome; in the simulator equal bytes are said, or which version has changed since. */
export async function replayRun({ dir, progress, signal }: ReplayOptions): Promise<CommandResult> {
  const before = await readRun(dir);
  const { verdict } = await again(before, progress, signal);
  const compared = compareRuns(before, verdict, versionsHere());
  return {
    data: { verdict, before: before.verdict.outcome, ...compared, sameBytes: compared.sameBytes ?? null },
    lines: [
      `${verdict.outcome}: ${verdict.scenario} (seed ${verdict.seed}), before: ${before.verdict.outcome}`,
      ...violationLines(verdict),
      ...replayLines(compared),
    ],
    exitCode: EXIT_OF[verdict.outcome],
  };
}

async function again(
  { scenario, verdict }: RunRecord,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<RunRecord> {
  if (verdict.world === 'devnet') return runOnDevnet(scenario, { progress, signal });
  const signatures = signaturesOf(scenario.seed);
  return runInSim(scenario, { signatures, record: false, keepTrace: false });
}
