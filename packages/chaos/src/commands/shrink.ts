// Owns: `chaos shrink`: the scenario of a kept run made as small as it fails, in the simulator.
import { ConsiliumError } from '@consilium/core';
import { readRun } from '../run/artifacts.ts';
import { failsAs, shrink } from '../run/shrink.ts';
import { withDrawnTargets } from '../run/shrink-forms.ts';
import type { Verdict } from '../run/verdict.ts';
import { renderScenario } from '../scenario/render.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { runInSim, type SimRun } from '../sim-world/run.ts';
import { keepRun } from './keep.ts';
import type { CommandResult, Progress } from './result.ts';

export interface ShrinkCommand {
  readonly dir: string;
  /** Runs at most. */
  readonly budget?: number | undefined;
  /** Where the smallest run is kept; nowhere when it is not given. */
  readonly out?: string | undefined;
  readonly progress: Progress;
}

/** Beyond this a scenario seldom grows smaller. */
const BUDGET_DEFAULT = 400;

/** Throws `CHAOS_RUN_INVALID` for a folder that is none, and for a run that does not fail in the simulator. */
export async function shrinkRun(command: ShrinkCommand): Promise<CommandResult> {
  const { dir, budget = BUDGET_DEFAULT, out, progress } = command;
  const { scenario } = await readRun(dir);
  const before = simulate(scenario, false);
  const [violation] = before.verdict.violations;
  if (violation === undefined)
    throw new ConsiliumError('CHAOS_RUN_INVALID', { path: dir, what: 'it does not fail in the simulator' });
  const fails = failsAs(before.verdict, (each): Verdict => simulate(each, false).verdict);
  const named = withDrawnTargets(scenario, before.timeline);
  const first = (await fails(named)) ? named : scenario;
  const shrunk = await shrink(first, fails, {
    budget,
    onProgress: ({ steps }, runs) => progress(`${runs} runs, ${steps.length} steps left`),
  });
  const text = renderScenario(shrunk.scenario);
  const kept = out === undefined ? undefined : await keepRun(out, simulate(shrunk.scenario, true));
  const count = shrunk.scenario.steps.length;
  return {
    data: {
      checker: violation.checker,
      steps: count,
      stepsBefore: scenario.steps.length,
      runs: shrunk.runs,
      minimal: shrunk.isMinimal,
      scenario: text,
      ...(kept !== undefined && { dir: kept }),
    },
    lines: [
      `${count} of ${scenario.steps.length} steps are left after ${shrunk.runs} runs; ${violation.checker} still convicts.`,
      ...(shrunk.isMinimal ? [] : ['The budget of runs is spent: it may not be the smallest.']),
      ...(kept === undefined ? [] : [`Kept in ${kept}.`]),
      '',
      text,
    ],
    exitCode: 0,
  };
}

function simulate(scenario: Scenario, record: boolean): SimRun {
  return runInSim(scenario, { signatures: 'fast', record, keepTrace: false });
}
