import { writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchDevnet } from '../../../packages/devnet/src/index.ts';
import { sampleBundle } from '../../../packages/devnet/src/sample/bundle.ts';
import { createFolder, repository, runShell } from '../support/tree.ts';

const CLONES_AND_RUNS_MS = 600_000;
const RESOURCES = 1_000;
const START = 'npm start --silent -- --exit --json';

const folder = createFolder();
const clone = join(folder.root, 'consilium');
const env = cleanEnvironment();

beforeAll(async () => {
  const cloned = await runShell(`git clone --quiet "${repository}" consilium`, folder.root, env);
  expect(cloned.code, cloned.output).toBe(0);
});

afterAll(() => folder[Symbol.dispose]());

/** As in a shell that has never seen this clone: the system's Node, no variable of npm or of this test run. */
function cleanEnvironment(): Record<string, string> {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const foreign = /^(npm_|VITEST|VITE_|NODE_|TEST|INIT_CWD|CONSILIUM_)/;
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  const path = folders.filter((entry) => !entry.includes('node_modules')).join(delimiter);
  return { ...(Object.fromEntries(kept) as Record<string, string>), PATH: path };
}

it('From a fresh clone `npm start -- --exit` and `npm test` pass, twice in a row, and while another devnet runs.', {
  timeout: CLONES_AND_RUNS_MS,
}, async () => {
  await using other = await launchDevnet({ dir: join(folder.root, 'other'), findPorts: true });
  // This very run is the whole of `npm test`; in the clone it runs the vectors, so that it does not clone itself for ever.
  const test = 'npm test -- --project vectors';
  const first = await runShell(START, clone, env);
  expect(first.code, first.output).toBe(0);
  expect(JSON.parse(first.stdout)).toMatchObject({ ok: true, registered: { a: 60, c: 24 } });
  // The second time it goes on with the network of the first, in which the patient has a history.
  for (const command of [test, 'npm start -- --keep --exit', test]) {
    const { code, output } = await runShell(command, clone, env);
    expect(output, command).toMatch(/with one line dropped it does not verify|Test Files .* passed/);
    expect(code, `${command}\n${output}`).toBe(0);
  }
  expect((await other.standings()).map(({ state }) => state)).toEqual([
    'running',
    'running',
    'running',
    'running',
  ]);
});

it('`npm start -- --exit` from a fresh clone; also with `--input` of a bundle of 1,000 resources, twice the same number of records registered.', {
  timeout: CLONES_AND_RUNS_MS,
}, async () => {
  const input = join(folder.root, 'bundle.json');
  writeFileSync(input, sampleBundle({ resources: RESOURCES, seed: 'thousand' }));
  // Without an input of one's own: the test before this one.
  for (let run = 0; run < 2; run += 1) {
    const { code, output, stdout } = await runShell(`${START} --input "${input}"`, clone, env);
    expect(code, output).toBe(0);
    const told = JSON.parse(stdout) as { registered: unknown; steps: { step: number }[] };
    expect(told.registered).toEqual({ a: RESOURCES, c: RESOURCES });
    expect(new Set(told.steps.map(({ step }) => step))).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
  }
});
