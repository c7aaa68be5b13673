// Owns: the simulator's command: arguments in, seeds run, verdict and exit status out. Does not own: a seed (swarm/), how
// seeds are spread over the cores (worker/).
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { runSeed } from '../swarm/seed-run.ts';
import { runSeeds } from '../worker/pool.ts';
import { parseSimArguments, type SimArguments, USAGE } from './arguments.ts';
import { failureLines, SeedReport } from './seed-report.ts';

export interface SimIo {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

export const EXIT = { passed: 0, failed: 1, badArguments: 64, broken: 70 } as const;

const PROGRESS_MS = 5_000;

/** Resolves with the exit status; writes the verdict to `out`, progress to `err`. */
export async function simMain(argv: readonly string[], io: SimIo): Promise<number> {
  const parsed = parseSimArguments(argv, availableParallelism());
  if (parsed.kind === 'help') {
    io.out(USAGE);
    return EXIT.passed;
  }
  if (parsed.kind === 'refused') {
    io.err(`${parsed.sentence}\n`);
    return EXIT.badArguments;
  }
  try {
    return await run(parsed.run, io);
  } catch (error) {
    io.err(`The simulation itself broke: ${error instanceof Error ? error.stack : String(error)}\n`);
    return EXIT.broken;
  }
}

async function run(options: SimArguments, io: SimIo): Promise<number> {
  const report = new SeedReport();
  if (options.trace === undefined) await runMany(options, report, io);
  else runTraced(options, options.trace, report, io);
  if (options.json) io.out(`${report.toJson()}\n`);
  else io.out(`${['Reached:', ...report.coverageLines(), report.countLine()].join('\n')}\n`);
  return report.failed === 0 ? EXIT.passed : EXIT.failed;
}

async function runMany(options: SimArguments, report: SeedReport, io: SimIo): Promise<void> {
  const { seeds, firstSeed, jobs, json, failFast } = options;
  const startMs = performance.now();
  const progress = setInterval(() => {
    const perSecond = (report.ended / (performance.now() - startMs)) * 1000;
    io.err(`${report.ended} of ${seeds} seeds, ${report.failed} failed, ${perSecond.toFixed(1)} a second\n`);
  }, PROGRESS_MS);
  try {
    await runSeeds({ firstSeed, seeds, jobs }, (result) => {
      const failure = report.add(result);
      const say = json ? io.err : io.out;
      if (failure !== undefined) say(`${failureLines(failure).join('\n')}\n`);
      return failure === undefined || !failFast;
    });
  } finally {
    clearInterval(progress);
  }
}

function runTraced({ firstSeed, json }: SimArguments, file: string, report: SeedReport, io: SimIo): void {
  const result = runSeed(firstSeed, { keepTrace: true });
  writeFileSync(file, `${result.trace.join('\n')}\n`);
  const failure = report.add(result);
  const say = json ? io.err : io.out;
  if (failure !== undefined) say(`${failureLines(failure).join('\n')}\n`);
  say(`${result.trace.length} lines in ${file}, digest ${result.verdict.digest}\n`);
}
