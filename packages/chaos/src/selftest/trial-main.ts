// Owns: the process of a trial: a job comes in as JSON on the standard input, its result goes out as JSON.
import { text } from 'node:stream/consumers';
import { parseScenario } from '../scenario/parse.ts';
import { runInSim } from '../sim-world/run.ts';
import type { TrialJob, TrialResult } from './trial.ts';

const job = JSON.parse(await text(process.stdin)) as TrialJob;
process.stdout.write(JSON.stringify(runAll(job)));

function runAll({ scenario, seeds, convictedBy }: TrialJob): TrialResult {
  const parsed = parseScenario(scenario);
  const options = { signatures: 'fast', record: false, keepTrace: false } as const;
  let result: TrialResult = { runs: 0, passed: 0, seed: parsed.seed, outcome: 'unknown', violations: [] };
  for (const seed of seeds) {
    const { outcome, violations } = runInSim({ ...parsed, seed }, options).verdict;
    const passed = result.passed + (outcome === 'pass' ? 1 : 0);
    result = { runs: result.runs + 1, passed, seed, outcome, violations };
    const isOver =
      convictedBy.length === 0
        ? outcome !== 'pass'
        : violations.some(({ checker }) => convictedBy.includes(checker));
    if (isOver) break;
  }
  return result;
}
