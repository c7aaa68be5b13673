// Owns: which tests are of which kind, in which order the kinds run, and how many files of a kind at once. Does not own:
// what `npm test` installs first.
import { availableParallelism } from 'node:os';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import type { Reporter, TestModule } from 'vitest/node';

type Kind = {
  name: 'unit' | 'vectors' | 'sim' | 'e2e' | 'e2e-alone';
  include: readonly string[];
  exclude: readonly string[];
  testTimeout: number;
  hookTimeout: number;
  /** Files at once. The runner's own choice leaves one core free: on two of them nothing would run side by side. */
  maxWorkers: number;
};

const cores = availableParallelism();

/** Networks of four processes each: beside two of them little is left of a small machine. */
const NETWORKS_AT_ONCE = 2;

const filesOf = (folder: string): string[] => [
  `packages/*/test/${folder}/**/*.test.ts`,
  `scripts/test/${folder}/**/*.test.ts`,
];

/** These measure times or memory, or take the ports that people get: beside another network they would measure that one. */
const ALONE = [
  'packages/chaos/test/e2e/devnet-world.test.ts',
  'packages/devnet/test/e2e/*.test.ts',
  'packages/node/test/e2e/kill.test.ts',
  'scripts/test/e2e/fresh-clone.test.ts',
];

const quick = { exclude: [], testTimeout: 30_000, hookTimeout: 30_000, maxWorkers: cores };
const onNetworks = { testTimeout: 240_000, hookTimeout: 120_000 };

/** A kind starts when all of the one before has ended: what is quick to say no comes first. */
const kinds: readonly Kind[] = [
  { name: 'unit', include: filesOf('unit'), ...quick },
  { name: 'vectors', include: filesOf('vectors'), ...quick },
  { name: 'sim', include: filesOf('sim'), ...quick, testTimeout: 300_000, hookTimeout: 60_000 },
  { name: 'e2e', include: filesOf('e2e'), exclude: ALONE, ...onNetworks, maxWorkers: NETWORKS_AT_ONCE },
  { name: 'e2e-alone', include: ALONE, exclude: [], ...onNetworks, maxWorkers: 1 },
];

const toProject = (kind: Kind, index: number): TestProjectInlineConfiguration => ({
  test: {
    name: kind.name,
    include: [...kind.include],
    exclude: ['**/node_modules/**', ...kind.exclude],
    environment: 'node',
    pool: 'forks',
    retry: 0,
    testTimeout: kind.testTimeout,
    hookTimeout: kind.hookTimeout,
    maxWorkers: kind.maxWorkers,
    // From 1 on: the runner puts files of order 0 that run one at a time behind all others.
    sequence: { groupOrder: index + 1 },
  },
});

/** A run that executed no test (a misspelt `-t`, an empty folder) has not passed. */
const refuseEmptyRun: Reporter = {
  onTestRunEnd(modules: readonly TestModule[]): void {
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        if (test.result().state !== 'skipped') return;
      }
    }
    process.stderr.write('No test was run: no title or file matched.\n');
    process.exitCode = 1;
  },
};

export default defineConfig({
  test: {
    projects: kinds.map(toProject),
    reporters: ['default', refuseEmptyRun],
    passWithNoTests: false,
  },
});
