// Owns: `chaos run`: scenario files in either world, as often as asked, and the verdict over all of them.
import { runOnDevnet } from '../devnet-world/run.ts';
import { findFault } from '../faults/catalogue.ts';
import type { RunRecord, Verdict, WorldName } from '../run/verdict.ts';
import { renderScenario } from '../scenario/render.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { runInSim } from '../sim-world/run.ts';
import { signaturesOf } from '../swarm/draw.ts';
import { type Job, runJobs } from '../worker/pool.ts';
import { readScenarios } from './files.ts';
import { keepRun } from './keep.ts';
import { type CommandResult, EXIT_OF, type Progress } from './result.ts';
import { createTally, failureLines } from './tally.ts';

export interface RunOptions {
  readonly path: string;
  readonly world: WorldName;
  /** Instead of each scenario's own seed: so many from this one on. */
  readonly seeds: { readonly first: number; readonly count: number } | undefined;
  /** How often each runs on the devnet, which is never twice the same. */
  readonly repeat: number;
  /** Runs at a time in the simulator. */
  readonly jobs: number;
  /** Failing runs are kept here; with `keepAll` the others too. */
  readonly out: string;
  readonly keepAll: boolean;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

export async function runScenarios(options: RunOptions): Promise<CommandResult> {
  const { able, skipped } = sortOut(
    readScenarios(options.path).map(({ scenario }) => scenario),
    options.world,
  );
  for (const { name, why } of skipped) options.progress(`${name} is skipped: ${why}`);
  const scenarios = able.flatMap((scenario) => seeded(scenario, options));
  const tally = createTally();
  const verdicts: Verdict[] = [];
  const note = (verdict: Verdict): void => {
    verdicts.push(verdict);
    const failure = tally.add(verdict, replayOf(options, verdict));
    if (failure === undefined) options.progress(`${verdict.scenario} (seed ${verdict.seed}) passed`);
    else for (const line of failureLines(failure)) options.progress(line);
  };
  if (options.world === 'sim') await runSimulated(scenarios, options, note);
  else await runLive(scenarios, options, note);
  return {
    data: { world: options.world, ...tally.toData(), skipped, runs: verdicts.map(short) },
    lines: [
      ...verdicts.map(lineOf),
      ...skipped.map(({ name, why }) => `skipped ${name}: ${why}`),
      `${tally.countLine()}, ${skipped.length} skipped`,
    ],
    exitCode: EXIT_OF[tally.outcome],
  };
}

interface Skipped {
  readonly name: string;
  readonly why: string;
}

/** A fault that this world does not have counts neither way. */
function sortOut(
  scenarios: readonly Scenario[],
  world: WorldName,
): { readonly able: readonly Scenario[]; readonly skipped: readonly Skipped[] } {
  const lackOf = ({ steps }: Scenario): string | undefined =>
    steps
      .map(({ fault }) => [fault, findFault(fault)?.[world]] as const)
      .filter(([, available]) => available !== true)
      .map(([fault, why]) => `no ${fault} in this world: ${why}`)[0];
  return {
    able: scenarios.filter((scenario) => lackOf(scenario) === undefined),
    skipped: scenarios.flatMap((scenario) => {
      const why = lackOf(scenario);
      return why === undefined ? [] : [{ name: scenario.name, why }];
    }),
  };
}

function seeded(scenario: Scenario, { seeds }: RunOptions): Scenario[] {
  if (seeds === undefined) return [scenario];
  return Array.from({ length: seeds.count }, (_, index) => ({ ...scenario, seed: seeds.first + index }));
}

async function runSimulated(
  scenarios: readonly Scenario[],
  { jobs, out, keepAll, progress }: RunOptions,
  note: (verdict: Verdict) => void,
): Promise<void> {
  const work: Job[] = scenarios.map((scenario) => ({
    kind: 'scenario',
    text: renderScenario(scenario),
    seed: scenario.seed,
  }));
  const kept: Verdict[] = [];
  await runJobs(work, Math.min(jobs, work.length), ({ verdict }) => {
    note(verdict);
    if (keepAll || verdict.outcome !== 'pass') kept.push(verdict);
    return true;
  });
  for (const { scenario: name, seed } of kept) {
    const scenario = scenarios.find((each) => each.name === name && each.seed === seed);
    if (scenario === undefined) continue;
    const run = runInSim(scenario, { signatures: signaturesOf(seed), record: true, keepTrace: false });
    progress(`${name} (seed ${seed}) is kept in ${await keepRun(out, run)}`);
  }
}

async function runLive(
  scenarios: readonly Scenario[],
  { repeat, out, keepAll, progress, signal }: RunOptions,
  note: (verdict: Verdict) => void,
): Promise<void> {
  for (const scenario of scenarios) {
    for (let time = 1; time <= repeat; time += 1) {
      const run: RunRecord = await runOnDevnet(scenario, { progress, signal });
      note(run.verdict);
      if (keepAll || run.verdict.outcome !== 'pass')
        progress(`${scenario.name} is kept in ${await keepRun(out, run)}`);
    }
  }
}

function short({ scenario, seed, outcome, heights, tookMs, healedMs, digest, violations, unknown }: Verdict) {
  return {
    scenario,
    seed,
    outcome,
    heights,
    tookMs,
    healedMs: healedMs ?? null,
    digest,
    violations,
    unknown,
  };
}

function lineOf({ scenario, seed, outcome, heights, tookMs, healedMs }: Verdict): string {
  const healed = healedMs === undefined ? '' : `, healed in ${(healedMs / 1000).toFixed(1)} s`;
  return `${outcome.padEnd(7)} ${scenario} (seed ${seed}): ${heights} blocks in ${(tookMs / 1000).toFixed(1)} s${healed}`;
}

function replayOf({ path, world }: RunOptions, { seed }: Verdict): string {
  return `npx consilium chaos run ${path} --world ${world} --first-seed ${seed} --seeds 1`;
}
