// Owns: which tests are of which kind, and how each kind is run. Does not own: what `npm test` installs first.
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import type { Reporter, TestModule } from 'vitest/node';

type Kind = {
  name: 'unit' | 'vectors' | 'sim' | 'e2e';
  testTimeout: number;
  hookTimeout: number;
  /** Kinds of a higher order start after all of a lower one have ended. */
  order: number;
  fileParallelism: boolean;
};

const kinds: Kind[] = [
  { name: 'unit', testTimeout: 30_000, hookTimeout: 30_000, order: 0, fileParallelism: true },
  { name: 'vectors', testTimeout: 30_000, hookTimeout: 30_000, order: 0, fileParallelism: true },
  { name: 'sim', testTimeout: 300_000, hookTimeout: 60_000, order: 1, fileParallelism: true },
  // These start real validators: two files at once would measure each other on a small machine.
  { name: 'e2e', testTimeout: 240_000, hookTimeout: 120_000, order: 2, fileParallelism: false },
];

const toProject = (kind: Kind): TestProjectInlineConfiguration => ({
  test: {
    name: kind.name,
    include: [`packages/*/test/${kind.name}/**/*.test.ts`, `scripts/test/${kind.name}/**/*.test.ts`],
    environment: 'node',
    pool: 'forks',
    retry: 0,
    testTimeout: kind.testTimeout,
    hookTimeout: kind.hookTimeout,
    fileParallelism: kind.fileParallelism,
    sequence: { groupOrder: kind.order },
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
