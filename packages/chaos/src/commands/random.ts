// Owns: `chaos random`: drawn faults for so many minutes, in either world, seed after seed.
import { runOnDevnet } from '../devnet-world/run.ts';
import type { Verdict, WorldName } from '../run/verdict.ts';
import { runInSim } from '../sim-world/run.ts';
import { drawLive } from '../swarm/draw-live.ts';
import { keepRun } from './keep.ts';
import { type CommandResult, EXIT_OF, type Progress } from './result.ts';
import { createTally, failureLines } from './tally.ts';

export interface RandomOptions {
  readonly world: WorldName;
  readonly firstSeed: number;
  readonly seeds: number;
  /** Of faults, for each seed. */
  readonly minutes: number;
  readonly out: string;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

export async function randomFaults(options: RandomOptions): Promise<CommandResult> {
  const { world, firstSeed, seeds, minutes, out, progress, signal } = options;
  const tally = createTally();
  const verdicts: Verdict[] = [];
  for (let seed = firstSeed; seed < firstSeed + seeds && signal?.aborted !== true; seed += 1) {
    const scenario = drawLive(seed, minutes * 60_000);
    const run =
      world === 'sim'
        ? runInSim(scenario, { signatures: 'fast', record: true, keepTrace: false })
        : await runOnDevnet(scenario, { progress, signal });
    verdicts.push(run.verdict);
    const replay = `npx consilium chaos random --world ${world} --first-seed ${seed} --seeds 1 --minutes ${minutes}`;
    const failure = tally.add(run.verdict, replay);
    if (failure === undefined) progress(`seed ${seed} passed`);
    else {
      for (const line of failureLines(failure)) progress(line);
      progress(`seed ${seed} is kept in ${await keepRun(out, run)}`);
    }
  }
  return {
    data: { world, minutes, ...tally.toData() },
    lines: [
      ...verdicts.map(({ seed, outcome, heights }) => `${outcome} seed ${seed}: ${heights} blocks`),
      tally.countLine(),
    ],
    exitCode: EXIT_OF[tally.outcome],
  };
}
