// Owns: `chaos selftest`: whether the judge convicts every planted bug, and acquits the clean build. Does not own: doing it
// (selftest/).
import { ConsiliumError } from '@consilium/core';
import { readPlantedBugs } from '../selftest/library.ts';
import {
  type BugReport,
  type CleanReport,
  hasPassed,
  runSelftest,
  SEEDS_DEFAULT,
  type SelftestProgress,
  type SelftestReport,
} from '../selftest/selftest.ts';
import { hasSource } from '../selftest/tree.ts';
import { type CommandResult, EXIT_OF, type Progress } from './result.ts';

export interface SelftestCommand {
  /** Processes at once; the number of cores when it is not given. */
  readonly jobs?: number | undefined;
  /** Names of planted bugs; all when there is none. */
  readonly only?: readonly string[] | undefined;
  /** How often the clean build runs each scenario, each time with another seed. */
  readonly repeat?: number | undefined;
  readonly progress: Progress;
}

const NO_SOURCE = 'bugs are planted into copies of the source, and a package has none: run this in a clone';

/** Throws `SCENARIO_INVALID` for a name that is none, and for a file that cannot be read; `CONFIGURATION_INVALID` where there is no source. */
export async function selftest(command: SelftestCommand): Promise<CommandResult> {
  const { jobs, only = [], repeat = SEEDS_DEFAULT, progress } = command;
  if (!hasSource()) throw new ConsiliumError('CONFIGURATION_INVALID', {}, NO_SOURCE);
  const all = readPlantedBugs();
  const stranger = only.find((name) => all.every((bug) => bug.name !== name));
  if (stranger !== undefined) {
    const known = all.map(({ name }) => name).join(', ');
    throw new ConsiliumError('SCENARIO_INVALID', {
      where: 'only',
      why: `${stranger} is none of ${known}`,
    });
  }
  const report = await runSelftest({
    bugs: only.length === 0 ? all : all.filter(({ name }) => only.includes(name)),
    cleanSeeds: repeat,
    ...(jobs !== undefined && { jobs }),
    onProgress: (step) => progress(progressLine(step)),
  });
  return {
    data: report,
    lines: linesOf(report),
    exitCode: EXIT_OF[hasPassed(report) ? 'pass' : 'fail'],
  };
}

function progressLine(step: SelftestProgress): string {
  return step.kind === 'bug' ? bugLine(step.report) : cleanLine(step.report);
}

function bugLine({ name, convicted, by, seed, tookMs, what }: BugReport): string {
  const seconds = (tookMs / 1000).toFixed(1);
  return convicted
    ? `${name}: convicted by ${by}, seed ${seed}, in ${seconds} s`
    : `${name}: not convicted: ${what}`;
}

function cleanLine({ scenario, runs, passed, failure }: CleanReport): string {
  const line = `clean build, ${scenario}: ${passed} of ${runs} passed`;
  return failure === undefined ? line : `${line}; ${failure}`;
}

function linesOf({ planted, convicted, clean, bugs }: SelftestReport): readonly string[] {
  return [
    ...bugs.map(bugLine),
    `${convicted} of ${planted} planted bugs were convicted.`,
    `The clean build passed ${clean.passed} of ${clean.runs} runs.`,
    ...clean.failures,
  ];
}
