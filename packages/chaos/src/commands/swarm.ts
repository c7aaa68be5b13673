// Owns: `chaos swarm`, which is `npm run sim`: seeds of the simulator, each a drawn scenario, over all cores.
import { writeFileSync } from 'node:fs';
import { SWARM_HEIGHTS_DEFAULT, SWARM_KEPT_MAX } from '../limits.ts';
import { runInSim } from '../sim-world/run.ts';
import { drawScenario, signaturesOf } from '../swarm/draw.ts';
import { HEIGHTS_FOR_ALL_STATES, unreachedStates } from '../swarm/rare-states.ts';
import { runJobs, seedJobs } from '../worker/pool.ts';
import { keepRun } from './keep.ts';
import { type CommandResult, EXIT_OF, type Progress, worstOf } from './result.ts';
import { createTally, type Failure, failureLines, type Tally } from './tally.ts';

export interface SwarmOptions {
  readonly firstSeed: number;
  readonly seeds: number;
  /** Of each seed, under faults. */
  readonly heights: number;
  /** Seconds after which no further seed is begun. */
  readonly seconds?: number | undefined;
  /** Seeds at a time. */
  readonly jobs: number;
  /** Begins no further seed after one has failed. */
  readonly failFast: boolean;
  /** Writes every line of the one seed's trace into this file. */
  readonly trace?: string | undefined;
  /** Failing seeds are kept as run folders here. */
  readonly out: string;
  readonly progress: Progress;
  readonly progressMs: number;
  /** Asks it to end: what has run by then is told. */
  readonly signal: AbortSignal;
}

export async function swarm(options: SwarmOptions): Promise<CommandResult> {
  const tally = createTally();
  const startMs = performance.now();
  if (options.trace === undefined) await runMany(options, tally);
  else runTraced(options, options.trace, tally);
  const tookMs = Math.round(performance.now() - startMs);
  const { heights, seeds, signal } = options;
  const isLarge = tally.ended * heights >= HEIGHTS_FOR_ALL_STATES;
  const unreached = isLarge ? unreachedStates(tally.sometimes) : [];
  const stopped = signal.aborted && tally.ended < seeds;
  // A swarm that never met what it is for has shown nothing, and one that was stopped not what was asked for.
  const outcome = worstOf([tally.outcome, unreached.length === 0 && !stopped ? 'pass' : 'unknown']);
  const [commitsPerSecond, seedsPerSecond] = [tally.heights, tally.ended].map(
    (count) => Math.round((count / (tookMs / 1000)) * 10) / 10,
  );
  return {
    data: {
      ...tally.toData(),
      outcome,
      unreached,
      firstSeed: options.firstSeed,
      heightsUnderFaults: heights,
      ended: tally.ended,
      stopped,
      tookMs,
      seedsPerSecond,
      commitsPerSecond,
    },
    lines: [
      'Reached:',
      ...tally.coverageLines(),
      ...unreached.map((state) => `${state} was never reached`),
      `${tally.heights} blocks in ${(tookMs / 1000).toFixed(1)} s: ${commitsPerSecond} simulated commits and ${seedsPerSecond} seeds a second`,
      ...(stopped
        ? [
            `stopped after ${tally.ended} of ${seeds} seeds; seed ${options.firstSeed + tally.ended} is the next`,
          ]
        : []),
      tally.countLine(),
    ],
    exitCode: EXIT_OF[outcome],
  };
}

async function runMany(options: SwarmOptions, tally: Tally): Promise<void> {
  const {
    firstSeed,
    seeds,
    heights,
    seconds = Number.POSITIVE_INFINITY,
    jobs,
    failFast,
    progress,
    progressMs,
    signal,
  } = options;
  const startMs = performance.now();
  const failing: Failure[] = [];
  const ticking = setInterval(() => {
    const perSecond = (tally.ended / (performance.now() - startMs)) * 1000;
    progress(`${tally.ended} of ${seeds} seeds, ${tally.failed} failed, ${perSecond.toFixed(1)} a second`);
  }, progressMs);
  try {
    await runJobs(seedJobs(firstSeed, seeds, heights), Math.min(jobs, seeds), ({ verdict }) => {
      const failure = tally.add(verdict, replayOf(verdict.seed, heights));
      if (failure !== undefined) {
        failing.push(failure);
        for (const line of failureLines(failure)) progress(line);
      }
      const inTime = performance.now() - startMs < seconds * 1000;
      return inTime && !signal.aborted && (failure === undefined || !failFast);
    });
  } finally {
    clearInterval(ticking);
  }
  for (const { seed } of failing.slice(0, SWARM_KEPT_MAX)) await keepSeed(options, seed);
}

async function keepSeed({ out, heights, progress }: SwarmOptions, seed: number): Promise<void> {
  const options = { signatures: signaturesOf(seed), record: true, keepTrace: false };
  const dir = await keepRun(out, runInSim(drawScenario(seed, heights), options));
  progress(`seed ${seed} is kept in ${dir}`);
}

export function replayOf(seed: number, heights: number): string {
  const short = heights === SWARM_HEIGHTS_DEFAULT ? '' : ` --heights ${heights}`;
  return `npx consilium chaos swarm --seeds 1 --first-seed ${seed}${short} --trace trace.txt`;
}

function runTraced({ firstSeed, heights, progress }: SwarmOptions, file: string, tally: Tally): void {
  const options = { signatures: signaturesOf(firstSeed), record: false, keepTrace: true };
  const { verdict, trace } = runInSim(drawScenario(firstSeed, heights), options);
  writeFileSync(file, `${trace.join('\n')}\n`);
  const failure = tally.add(verdict, replayOf(firstSeed, heights));
  if (failure !== undefined) for (const line of failureLines(failure)) progress(line);
  progress(`${trace.length} lines in ${file}, digest ${verdict.digest}`);
}
