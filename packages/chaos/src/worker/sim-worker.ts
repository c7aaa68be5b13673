// Owns: one worker thread: a job comes in, its verdict goes out.
import { parentPort } from 'node:worker_threads';
import { useHashEngine } from '@consilium/core';
import { nativeHashEngine } from '@consilium/node/engines';
import type { Verdict } from '../run/verdict.ts';
import { parseScenario } from '../scenario/parse.ts';
import { runInSim } from '../sim-world/run.ts';
import { drawScenario, signaturesOf } from '../swarm/draw.ts';
import type { Job, JobResult } from './pool.ts';

const QUICKLY = { record: false, keepTrace: false };

useHashEngine(nativeHashEngine);

parentPort?.on('message', (job: Job) => {
  const result: JobResult = { job, verdict: verdictOf(job) };
  parentPort?.postMessage(result);
});

function verdictOf(job: Job): Verdict {
  const { seed } = job;
  const scenario =
    job.kind === 'seed' ? drawScenario(seed, job.heights) : { ...parseScenario(job.text), seed };
  return runInSim(scenario, { ...QUICKLY, signatures: signaturesOf(seed) }).verdict;
}
