// Owns: one worker thread: a seed comes in, its result goes out.
import { parentPort } from 'node:worker_threads';
import { runSeed } from '../swarm/seed-run.ts';

parentPort?.on('message', (seed: number) => {
  parentPort?.postMessage({ ...runSeed(seed, { keepTrace: false }), trace: [] });
});
