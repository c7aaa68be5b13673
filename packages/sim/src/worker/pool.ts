// Owns: spreading seeds over worker threads, and ending these. Does not own: running one (seed-worker.ts).
import { Worker } from 'node:worker_threads';
import type { SeedResult } from '../swarm/seed-run.ts';

export interface SeedRange {
  readonly firstSeed: number;
  readonly seeds: number;
  readonly jobs: number;
}

/** Resolves when every seed has run; results come in the order in which they end. Rejects when a worker breaks. */
export async function runSeeds(range: SeedRange, onResult: (result: SeedResult) => void): Promise<void> {
  const { firstSeed, seeds, jobs } = range;
  const next = counter(firstSeed, firstSeed + seeds);
  const workers = Array.from({ length: Math.min(jobs, seeds) }, startWorker);
  try {
    await Promise.all(workers.map((worker) => drive(worker, next, onResult)));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function startWorker(): Worker {
  return new Worker(new URL('./seed-worker.ts', import.meta.url));
}

/** Each seed below `end` once, then undefined. */
function counter(start: number, end: number): () => number | undefined {
  let seed = start;
  return () => {
    if (seed >= end) return undefined;
    seed += 1;
    return seed - 1;
  };
}

/** Gives one worker seed after seed until none is left. */
function drive(
  worker: Worker,
  next: () => number | undefined,
  onResult: (result: SeedResult) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const give = (): void => {
      const seed = next();
      if (seed === undefined) resolve();
      else worker.postMessage(seed);
    };
    worker.on('message', (result: SeedResult) => {
      onResult(result);
      give();
    });
    worker.on('error', reject);
    worker.on('exit', (code) => reject(new Error(`invariant: a worker ended with status ${code}`)));
    give();
  });
}
