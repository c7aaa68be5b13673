// Owns: spreading seeds over worker threads, and ending these. Does not own: running one (seed-worker.ts).
import { Worker } from 'node:worker_threads';
import type { SeedResult } from '../swarm/seed-run.ts';

export interface SeedRange {
  readonly firstSeed: number;
  readonly seeds: number;
  readonly jobs: number;
}

/** Whether further seeds are begun. */
export type OnResult = (result: SeedResult) => boolean;

/** Resolves when every seed has run; results come in the order in which they end. Rejects when a worker breaks. */
export async function runSeeds(range: SeedRange, onResult: OnResult): Promise<void> {
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

interface Seeds {
  /** Each seed once, then undefined. */
  take(): number | undefined;
  end(): void;
}

function counter(start: number, end: number): Seeds {
  let [seed, left] = [start, end - start];
  return {
    take: () => {
      if (left === 0) return undefined;
      left -= 1;
      seed += 1;
      return seed - 1;
    },
    end: () => {
      left = 0;
    },
  };
}

/** Gives one worker seed after seed until none is left. */
function drive(worker: Worker, next: Seeds, onResult: OnResult): Promise<void> {
  return new Promise((resolve, reject) => {
    const give = (): void => {
      const seed = next.take();
      if (seed === undefined) resolve();
      else worker.postMessage(seed);
    };
    worker.on('message', (result: SeedResult) => {
      if (!onResult(result)) next.end();
      give();
    });
    worker.on('error', reject);
    worker.on('exit', (code) => reject(new Error(`invariant: a worker ended with status ${code}`)));
    give();
  });
}
