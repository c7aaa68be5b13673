// The public face of the fault kit, for the command line.

export { type HealOptions, healDevnet } from './commands/heal.ts';
export { type ListedFault, listFaults } from './commands/list-faults.ts';
export { type RandomOptions, randomFaults } from './commands/random.ts';
export { type ReplayOptions, replayRun } from './commands/replay.ts';
export { writeReport } from './commands/report.ts';
export type { CommandResult, Progress } from './commands/result.ts';
export { type RunOptions, runScenarios } from './commands/run.ts';
export { type SelftestCommand, selftest } from './commands/selftest.ts';
export { type ShrinkCommand, shrinkRun } from './commands/shrink.ts';
export { type SwarmOptions, swarm } from './commands/swarm.ts';
export type { WorldName } from './run/verdict.ts';
