import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readScenarios } from '../../src/commands/files.ts';
import { runScenarios } from '../../src/commands/run.ts';

const FOLDER = fileURLToPath(new URL('../../../../devnet/scenarios', import.meta.url));
const NAMED_MIN = 30;

describe('The named scenarios', () => {
  test('are at least thirty, each with a sentence on why it exists.', () => {
    const scenarios = readScenarios(FOLDER);
    expect(scenarios.length).toBeGreaterThanOrEqual(NAMED_MIN);
    for (const { path, scenario } of scenarios) {
      expect(path.endsWith(`${scenario.name}.toml`)).toBe(true);
      expect(scenario.why).toMatch(/^[A-Z].{20,}\.$/);
    }
    expect(new Set(scenarios.map(({ scenario }) => scenario.why)).size).toBe(scenarios.length);
  });

  test('`chaos run devnet/scenarios --world sim`: all pass.', { timeout: 900_000 }, async () => {
    const said: string[] = [];
    const { data, exitCode } = await runScenarios({
      path: FOLDER,
      world: 'sim',
      seeds: undefined,
      repeat: 1,
      jobs: availableParallelism(),
      out: join(tmpdir(), `consilium-scenarios-${process.pid}`),
      keepAll: false,
      progress: (line) => said.push(line),
    });
    const { failures, passed, skipped } = data as {
      failures: readonly unknown[];
      passed: number;
      skipped: readonly { name: string }[];
    };
    expect(failures).toEqual([]);
    expect(exitCode).toBe(0);
    expect(passed).toBeGreaterThanOrEqual(NAMED_MIN);
    // What the simulator has not is no pass.
    expect(skipped.map(({ name }) => name)).toEqual(['slow-clients']);
  });
});
