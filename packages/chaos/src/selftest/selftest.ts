// Owns: the judge's own trial: every planted bug must be convicted by a checker that should see it, and the clean build must
// pass all the scenarios that convict. Does not own: printing (the command line), the bugs (devnet/scenarios/planted).
import { availableParallelism } from 'node:os';
import { renderScenario } from '../scenario/render.ts';
import { readPlantedBugs } from './library.ts';
import type { PlantedBug } from './planted-bug.ts';
import { plantTree } from './tree.ts';
import { runTrial, type TrialJob, type TrialResult } from './trial.ts';

/** Seeds of a bug's scenario: the planted build is tried until one convicts, the clean build must pass each. */
export const SEEDS_DEFAULT = 20;

export interface SelftestOptions {
  /** Processes at once; the number of cores when it is not given. */
  readonly jobs?: number;
  /** How many seeds of each scenario the clean build runs; 0: none. */
  readonly cleanSeeds?: number;
  readonly onProgress?: (progress: SelftestProgress) => void;
  /** All of the library when it is not given. */
  readonly bugs?: readonly PlantedBug[];
}

export type SelftestProgress =
  | { readonly kind: 'bug'; readonly report: BugReport }
  | { readonly kind: 'clean'; readonly report: CleanReport };

export interface BugReport {
  readonly name: string;
  readonly breaks: string;
  readonly convicted: boolean;
  /** The first that convicted and should; undefined when none did. */
  readonly by: string | undefined;
  readonly scenario: string;
  /** That convicted, or the last that was tried. */
  readonly seed: number;
  readonly tookMs: number;
  /** What the checker said, or why there is no conviction. */
  readonly what: string;
}

/** One scenario on the clean build. */
export interface CleanReport {
  readonly scenario: string;
  readonly runs: number;
  readonly passed: number;
  /** Of the seed that did not pass. */
  readonly failure: string | undefined;
}

export interface SelftestReport {
  readonly planted: number;
  readonly convicted: number;
  readonly clean: { readonly runs: number; readonly passed: number; readonly failures: readonly string[] };
  readonly bugs: readonly BugReport[];
}

export async function runSelftest(options: SelftestOptions = {}): Promise<SelftestReport> {
  const { jobs = availableParallelism(), cleanSeeds = SEEDS_DEFAULT, onProgress } = options;
  const bugs = options.bugs ?? readPlantedBugs();
  const atOnce = createLimit(jobs);
  const [reports, clean] = await Promise.all([
    Promise.all(
      bugs.map((bug) =>
        atOnce(async () => {
          const report = await tryBug(bug);
          onProgress?.({ kind: 'bug', report });
          return report;
        }),
      ),
    ),
    Promise.all(
      (cleanSeeds === 0 ? [] : bugs).map((bug) =>
        atOnce(async () => {
          const report = await tryClean(bug, cleanSeeds);
          onProgress?.({ kind: 'clean', report });
          return report;
        }),
      ),
    ),
  ]);
  return {
    planted: reports.length,
    convicted: reports.filter(({ convicted }) => convicted).length,
    clean: {
      runs: clean.reduce((sum, { runs }) => sum + runs, 0),
      passed: clean.reduce((sum, { passed }) => sum + passed, 0),
      failures: clean.flatMap(({ failure }) => failure ?? []),
    },
    bugs: reports,
  };
}

/** Exit status 0 or 1. A selftest of nothing has not passed. */
export function hasPassed({ planted, convicted, clean }: SelftestReport): boolean {
  return planted > 0 && convicted === planted && clean.passed === clean.runs;
}

async function tryBug(bug: PlantedBug): Promise<BugReport> {
  const { name, breaks, scenario } = bug;
  const startMs = performance.now();
  const about = { name, breaks, scenario: scenario.name };
  try {
    using tree = plantTree(bug.patches);
    const result = await runTrial(tree.folder, jobOf(bug, SEEDS_DEFAULT, bug.convictedBy));
    return { ...about, ...convictionOf(bug, result), tookMs: Math.round(performance.now() - startMs) };
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    const tookMs = Math.round(performance.now() - startMs);
    return { ...about, convicted: false, by: undefined, seed: scenario.seed, tookMs, what };
  }
}

function convictionOf({ convictedBy }: PlantedBug, { seed, runs, violations }: TrialResult) {
  const found = violations.find(({ checker }) => convictedBy.includes(checker));
  const others = [...new Set(violations.map(({ checker }) => checker))].join(', ');
  const what = found?.what ?? `not convicted in ${runs} seeds${others === '' ? '' : `; only by ${others}`}`;
  return { convicted: found !== undefined, by: found?.checker, seed, what };
}

async function tryClean(bug: PlantedBug, seeds: number): Promise<CleanReport> {
  const { name } = bug.scenario;
  const { runs, passed, seed, violations } = await runTrial(undefined, jobOf(bug, seeds, []));
  const [first] = violations;
  const failure =
    passed === runs ? undefined : `${name} with seed ${seed}: ${first?.checker ?? 'unknown'}: ${first?.what}`;
  return { scenario: name, runs, passed, failure };
}

function jobOf({ scenario }: PlantedBug, seeds: number, convictedBy: readonly string[]): TrialJob {
  return {
    scenario: renderScenario(scenario),
    seeds: Array.from({ length: seeds }, (_, index) => scenario.seed + index),
    convictedBy,
  };
}

/** Runs what it is given, at most so many at once, in order. */
function createLimit(jobs: number): <T>(run: () => Promise<T>) => Promise<T> {
  let free = jobs;
  const waiting: (() => void)[] = [];
  return async (run) => {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    else free -= 1;
    try {
      return await run();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
