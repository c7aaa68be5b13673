import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Step } from '../../src/scenario/scenario.ts';
import { readPlantedBugs } from '../../src/selftest/library.ts';
import type { PlantedBug } from '../../src/selftest/planted-bug.ts';
import { hasPassed, runSelftest } from '../../src/selftest/selftest.ts';
import { plantTree, ROOT } from '../../src/selftest/tree.ts';

/** Slow only on a busy machine; no verdict depends on it. */
const TIMEOUT_MS = 600_000;

const SHRINK_MAIN = fileURLToPath(new URL('../support/shrink-main.ts', import.meta.url));

function bugNamed(name: string): PlantedBug {
  return readPlantedBugs().find((bug) => bug.name === name) as PlantedBug;
}

describe('The selftest', () => {
  test('`chaos selftest --json`: at least 12 planted, all convicted.', { timeout: TIMEOUT_MS }, async () => {
    const report = await runSelftest({ cleanSeeds: 0 });
    expect(report.bugs.filter(({ convicted }) => !convicted)).toEqual([]);
    expect(report.planted).toBeGreaterThanOrEqual(12);
    expect(report.convicted).toBe(report.planted);
  });

  test('The clean build passes the scenarios that convict.', { timeout: TIMEOUT_MS }, async () => {
    const bug = bugNamed('acknowledged-before-commit');
    const report = await runSelftest({ bugs: [bug], cleanSeeds: 3 });
    expect(report.clean).toEqual({ runs: 3, passed: 3, failures: [] });
    expect(hasPassed(report)).toBe(true);
  });

  test('fails for a bug that no checker can see, and for a patch that no longer applies.', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const bug = bugNamed('commit-at-2f');
    const file = 'packages/core/src/validators.ts';
    const harmless = {
      file,
      find: 'return 3 * power > 2 * total;',
      replace: 'return 2 * total < 3 * power;',
    };
    const gone = { file, find: 'return 4 * power > 2 * total;', replace: '' };
    const scenario = { ...bug.scenario, heights: 1 };
    const report = await runSelftest({
      bugs: [
        { ...bug, name: 'harmless', scenario, patches: [harmless] },
        { ...bug, name: 'gone', patches: [gone] },
      ],
      cleanSeeds: 0,
    });
    expect(report.convicted).toBe(0);
    expect(hasPassed(report)).toBe(false);
    expect(report.bugs[0]?.what).toBe('not convicted in 20 seeds');
    expect(report.bugs[1]?.what).toMatch(/^The patch no longer applies/);
  });

  test('fails when nothing is planted.', async () => {
    expect(hasPassed(await runSelftest({ bugs: [] }))).toBe(false);
  });
});

describe('A planted copy of the tree', () => {
  test('differs in the patched file, and the tree itself stays as it was.', () => {
    const bug = bugNamed('commit-at-2f');
    const [patch] = bug.patches;
    const file = patch?.file ?? '';
    const before = readFileSync(join(ROOT, file), 'utf8');
    using tree = plantTree(bug.patches);
    expect(readFileSync(join(tree.folder, file), 'utf8')).toContain(patch?.replace);
    expect(readFileSync(join(ROOT, file), 'utf8')).toBe(before);
  });

  test('`chaos shrink` on a planted bug ends with at most 3 steps.', {
    timeout: TIMEOUT_MS,
  }, () => {
    using tree = plantTree(bugNamed('signing-record-not-synced').patches);
    const folder = join(tree.folder, 'packages/chaos/test/support');
    mkdirSync(folder, { recursive: true });
    copyFileSync(SHRINK_MAIN, join(folder, 'shrink-main.ts'));
    const out = execFileSync(process.execPath, [join(folder, 'shrink-main.ts'), '2'], { encoding: 'utf8' });
    const { stepsBefore, steps, checkers } = JSON.parse(out) as {
      stepsBefore: number;
      steps: Step[];
      checkers: string[];
    };
    expect(stepsBefore).toBeGreaterThan(10);
    expect(steps.length).toBeLessThanOrEqual(3);
    // Without any fault nothing is lost, and nothing is convicted.
    expect(steps.length).toBeGreaterThan(0);
    expect(checkers).toEqual(['reports', 'reports']);
  });
});
