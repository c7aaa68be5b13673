import { availableParallelism } from 'node:os';
import { describe, expect, test } from 'vitest';
import { createTally, type Failure } from '../../src/commands/tally.ts';
import { runInSim } from '../../src/sim-world/run.ts';
import { drawScenario, signaturesOf } from '../../src/swarm/draw.ts';
import { unreachedStates } from '../../src/swarm/rare-states.ts';
import { type JobResult, runJobs, seedJobs } from '../../src/worker/pool.ts';

const SEEDS = 80;
/** A minute on two quiet cores; no verdict depends on how long it takes. */
const TIMEOUT_MS = 900_000;

function runSeed(seed: number, keepTrace: boolean) {
  return runInSim(drawScenario(seed), { signatures: signaturesOf(seed), record: false, keepTrace });
}

describe('The swarm', () => {
  test('Eighty seeds pass every checker, and reach the rare states that they are run for.', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const tally = createTally();
    const failures: Failure[] = [];
    await runJobs(seedJobs(1, SEEDS), availableParallelism(), ({ verdict }) => {
      const failure = tally.add(verdict, '');
      if (failure !== undefined) failures.push(failure);
      return true;
    });
    expect(failures).toEqual([]);
    expect(tally.ended).toBe(SEEDS);
    expect(unreachedStates(tally.sometimes)).toEqual([]);
  });

  test('The same seed twice gives the same bytes, here and in a worker.', async () => {
    for (const seed of [301, 302]) {
      const here = runSeed(seed, true);
      const again = runSeed(seed, true);
      expect(again.trace).toEqual(here.trace);
      expect(here.trace.length).toBeGreaterThan(1_000);
      const elsewhere: JobResult[] = [];
      await runJobs(seedJobs(seed, 1), 1, (result) => elsewhere.push(result) > 0);
      expect(elsewhere.map(({ verdict }) => verdict.digest)).toEqual([here.verdict.digest]);
      expect(again.verdict.digest).toBe(here.verdict.digest);
    }
  });

  test('Different seeds give different traces.', () => {
    const digests = [304, 305].map((seed) => runSeed(seed, false).verdict.digest);
    expect(new Set(digests).size).toBe(2);
  });

  test('Recording a run changes nothing of it.', () => {
    const scenario = drawScenario(303);
    const [plain, recorded] = [false, true].map((record) =>
      runInSim(scenario, { signatures: 'fast', record, keepTrace: false }),
    );
    expect(recorded?.verdict.digest).toBe(plain?.verdict.digest);
    expect(recorded?.timeline.length).toBeGreaterThan(plain?.timeline.length ?? 0);
  });
});
