import { availableParallelism } from 'node:os';
import { describe, expect, test } from 'vitest';
import { SeedReport } from '../../src/cli/seed-report.ts';
import { runSeed, type SeedResult } from '../../src/swarm/seed-run.ts';
import { runSeeds } from '../../src/worker/pool.ts';

const SEEDS = { firstSeed: 1, seeds: 200, jobs: availableParallelism() };
/** Under two minutes on two quiet cores; no verdict depends on how long it takes. */
const TIMEOUT_MS = 900_000;

/** What two hundred seeds must have seen, to have tested anything. */
const REACHED = [
  'block-sync',
  'body-fetched-late',
  'decided-after-round-0',
  'empty-block',
  'evidence-committed',
  'hidden-lock',
  'invalid-block',
  'lock-moved',
  'prevote-for-an-old-polka',
  'restart-inside-a-height',
  'restart-inside-a-later-round',
  'set-change-across-a-round-change',
  'set-changed',
  'skipped-rounds',
  'torn-tail',
  'valid-value-proposed-again',
];
const FAULTS = [
  'bad-links',
  'clock-off',
  'halves',
  'isolate',
  'kill-all',
  'kill-one',
  'link-cut',
  'one-way',
  'power-cut-all',
  'power-cut-one',
];

const LIES = [
  'bad-signatures',
  'false-evidence',
  'garbage',
  'lying-sync',
  'off-by-one',
  'replays',
  'silence',
  'stale-proposals',
  'two-precommits',
  'two-prevotes',
  'two-proposals',
  'votes-for-all',
  'withheld-bodies',
  'wrong-root',
  'wrong-time',
  'wrong-valid-round',
];

describe('Seeds', () => {
  test('Two hundred seeds pass every checker, and reach the rare states that they are run for.', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const report = new SeedReport();
    const failures: unknown[] = [];
    await runSeeds(SEEDS, (result: SeedResult) => {
      const failure = report.add(result);
      if (failure !== undefined) failures.push(failure);
      return true;
    });
    expect(failures).toEqual([]);
    expect(report.ended).toBe(SEEDS.seeds);
    const drawn = [...FAULTS.map((fault) => `fault:${fault}`), ...LIES.map((lie) => `lie:${lie}`)];
    const wanted = [...REACHED, ...drawn];
    expect(wanted.filter((state) => !report.sometimes.has(state))).toEqual([]);
  });

  test('The same seed gives the same trace, byte for byte.', async () => {
    for (const seed of [301, 302]) {
      const here = runSeed(seed, { keepTrace: true });
      const again = runSeed(seed, { keepTrace: true });
      expect(again.trace).toEqual(here.trace);
      expect(here.trace.length).toBeGreaterThan(1_000);
      const elsewhere: SeedResult[] = [];
      await runSeeds({ firstSeed: seed, seeds: 1, jobs: 1 }, (result) => elsewhere.push(result) > 0);
      expect(elsewhere.map(({ verdict }) => verdict.digest)).toEqual([here.verdict.digest]);
      expect(again.verdict.digest).toBe(here.verdict.digest);
    }
  });

  test('Different seeds give different traces.', () => {
    const digests = [304, 305].map((seed) => runSeed(seed, { keepTrace: false }).verdict.digest);
    expect(new Set(digests).size).toBe(2);
  });
});
