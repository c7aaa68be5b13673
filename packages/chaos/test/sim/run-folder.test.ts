import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { renderReport } from '../../src/report/report.ts';
import { readRun, writeRun } from '../../src/run/artifacts.ts';
import { sequenceOf } from '../../src/run/sequence.ts';
import { parseScenario } from '../../src/scenario/parse.ts';
import { runInSim } from '../../src/sim-world/run.ts';

const SCENARIO = parseScenario(`
name = "kill-and-cut"
why = "What a real run leaves must be readable."
seed = 7
nodes = 4
duration = "4s"
heights = 10
workload = { kind = "noop", rate = 10, clients = 2 }
[[step]]
at = "500ms"
do = "kill"
target = "n2"
for = "1s"
[[step]]
at = "2s"
do = "isolate"
target = "n1"
for = "1s"
`);

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'consilium-run-'));
});
afterEach(() => rm(root, { recursive: true }));

describe('A simulated run', () => {
  test('comes back from its folder as it was, with a page that shows its faults and a message of each form.', async () => {
    const { trace: _, ...record } = runInSim(SCENARIO, {
      signatures: 'fast',
      record: true,
      keepTrace: false,
    });
    expect(record.verdict).toMatchObject({ outcome: 'pass', violations: [] });
    await writeRun(join(root, 'run'), record);
    const back = await readRun(join(root, 'run'));
    expect(back).toEqual(record);

    const page = renderReport(back);
    expect(page).toContain('<title>kill on n2 from 0.500 s, undone at 1.500 s: it is started again</title>');
    expect(page).toContain(
      '<title>isolate on n1 from 2.000 s, undone at 3.000 s: everything is as before</title>',
    );
    const { rows, lanes } = sequenceOf(back);
    expect(lanes).toEqual(['n1', 'n2', 'n3', 'n4']);
    expect(rows.some(({ words }) => / of n[1-4]$/.test(words))).toBe(true);
    const kinds = new Set(rows.map((row) => (row.kind === 'message' ? row.form : row.mark)));
    for (const kind of ['proposal', 'prevote', 'precommit', 'commit'] as const) expect(kinds).toContain(kind);
  });
});
