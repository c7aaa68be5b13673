// The public face of the fault kit, for the command line.
import { guarded } from './commands/guard.ts';
import { type HealOptions, healDevnet as heal } from './commands/heal.ts';
import { type RandomOptions, randomFaults as random } from './commands/random.ts';
import { type ReplayOptions, replayRun as replay } from './commands/replay.ts';
import { writeReport as report } from './commands/report.ts';
import type { CommandResult } from './commands/result.ts';
import { type RunOptions, runScenarios as run } from './commands/run.ts';
import { type SelftestCommand, selftest as tryJudge } from './commands/selftest.ts';
import { type ShrinkCommand, shrinkRun as shrink } from './commands/shrink.ts';
import { type SwarmOptions, swarm as swarmSeeds } from './commands/swarm.ts';

type Command<Options extends unknown[]> = (...options: Options) => Promise<CommandResult>;

export const healDevnet: Command<[HealOptions]> = guarded(heal);
export const randomFaults: Command<[RandomOptions]> = guarded(random);
export const replayRun: Command<[ReplayOptions]> = guarded(replay);
export const runScenarios: Command<[RunOptions]> = guarded(run);
export const selftest: Command<[SelftestCommand]> = guarded(tryJudge);
export const shrinkRun: Command<[ShrinkCommand]> = guarded(shrink);
export const swarm: Command<[SwarmOptions]> = guarded(swarmSeeds);
export const writeReport: Command<[dir: string, file?: string]> = guarded(report);

export { type ListedFault, listFaults } from './commands/list-faults.ts';
export type { CommandResult, Progress } from './commands/result.ts';
export { HEIGHTS_MAX, SWARM_HEIGHTS_MIN } from './limits.ts';
export type { WorldName } from './run/verdict.ts';
export type {
  HealOptions,
  RandomOptions,
  ReplayOptions,
  RunOptions,
  SelftestCommand,
  ShrinkCommand,
  SwarmOptions,
};
