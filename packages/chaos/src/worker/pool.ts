// Owns: spreading simulated runs over worker threads, and ending these. Does not own: one run (sim-worker.ts).
import { Worker } from 'node:worker_threads';
import type { Verdict } from '../run/verdict.ts';

/** A seed of the swarm, or a scenario under a seed of its own. */
export type Job =
  | { readonly kind: 'seed'; readonly seed: number; readonly heights: number }
  | { readonly kind: 'scenario'; readonly text: string; readonly seed: number };

export interface JobResult {
  readonly job: Job;
  readonly verdict: Verdict;
}

/** Whether further jobs are begun. */
export type OnResult = (result: JobResult) => boolean;

/** Resolves when every job has run; results come in the order in which they end. Rejects when a worker breaks. */
export async function runJobs(jobs: Iterable<Job>, workers: number, onResult: OnResult): Promise<void> {
  const source = sourceOf(jobs);
  const started = Array.from({ length: workers }, startWorker);
  try {
    await Promise.all(started.map((worker) => drive(worker, source, onResult)));
  } finally {
    await Promise.all(started.map((worker) => worker.terminate()));
  }
}

export function* seedJobs(firstSeed: number, seeds: number, heights: number): Generator<Job> {
  for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) yield { kind: 'seed', seed, heights };
}

/** Nearly all that a run makes is garbage soon after: room for it to die before it is looked at. */
const YOUNG_MB = 64;

function startWorker(): Worker {
  const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_MB };
  return new Worker(new URL('./sim-worker.ts', import.meta.url), { resourceLimits });
}

interface Source {
  /** Each job once, then undefined. */
  take(): Job | undefined;
  end(): void;
}

function sourceOf(jobs: Iterable<Job>): Source {
  const iterator = jobs[Symbol.iterator]();
  let ended = false;
  return {
    take: () => {
      const next = ended ? { done: true as const } : iterator.next();
      return next.done === true ? undefined : next.value;
    },
    end: () => {
      ended = true;
    },
  };
}

/** Gives one worker job after job until none is left. */
function drive(worker: Worker, source: Source, onResult: OnResult): Promise<void> {
  return new Promise((resolve, reject) => {
    const give = (): void => {
      const job = source.take();
      if (job === undefined) resolve();
      else worker.postMessage(job);
    };
    worker.on('message', (result: JobResult) => {
      if (!onResult(result)) source.end();
      give();
    });
    worker.on('error', reject);
    worker.on('exit', (code) => reject(new Error(`invariant: a worker ended with status ${code}`)));
    give();
  });
}
