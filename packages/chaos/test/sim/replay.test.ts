import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { keepRun } from '../../src/commands/keep.ts';
import { replayRun } from '../../src/commands/replay.ts';
import { shrinkRun } from '../../src/commands/shrink.ts';
import { parseScenario } from '../../src/scenario/parse.ts';
import { runInSim } from '../../src/sim-world/run.ts';

const root = mkdtempSync(join(tmpdir(), 'consilium-replay-'));
afterAll(() => rmSync(root, { recursive: true }));

const RECORDED = { signatures: 'fast', record: true, keepTrace: false } as const;
const progress = (): void => undefined;

/** It expects that nothing is committed, and four hospitals bear one that is down. */
const FAILING = parseScenario(`
name = "no-stall"
duration = "6s"

[[step]]
at = "500ms"
do = "jitter"
for = "1s"

[[step]]
at = "1s"
do = "kill"
target = "n2"

[[step]]
at = "1500ms"
do = "reset"

[expect]
stall = true
`);

describe('A kept run that is run again', () => {
  test('gives the same bytes, and the same verdict.', async () => {
    const dir = await keepRun(root, runInSim(FAILING, RECORDED));
    const { data, lines, exitCode } = await replayRun({ dir, progress });
    expect(exitCode).toBe(1);
    expect(data).toMatchObject({ sameBytes: true, sameOutcome: true, otherCheckers: [], changed: [] });
    expect(lines.at(-1)).toBe('The same bytes as before.');
  });

  test('says which part has changed when the bytes are others.', async () => {
    const run = runInSim(FAILING, RECORDED);
    const verdict = { ...run.verdict, digest: 'ab'.repeat(32) };
    const dir = await keepRun(root, { ...run, verdict, versions: { 'source of core': 'another' } });
    const { data, lines } = await replayRun({ dir, progress });
    expect(data).toMatchObject({
      sameBytes: false,
      changed: [{ part: 'source of core', before: 'another' }],
    });
    expect(lines.at(-1)).toMatch(/^Other bytes than before\. Changed since: source of core \(another, now /);
  });

  test('shrinks to what its failure needs, and is kept.', async () => {
    const dir = await keepRun(root, runInSim(FAILING, RECORDED));
    const { data, exitCode } = await shrinkRun({ dir, out: join(root, 'small'), budget: 12, progress });
    expect(exitCode).toBe(0);
    const { dir: small } = data as { dir: string };
    expect(data).toMatchObject({ checker: 'stall', stepsBefore: 3, steps: 0 });
    expect((await replayRun({ dir: small, progress })).data).toMatchObject({ sameBytes: true });
  });

  test('is refused for shrinking when it does not fail.', async () => {
    const scenario = { ...FAILING, expect: { ...FAILING.expect, stall: false } };
    const dir = await keepRun(root, runInSim(scenario, RECORDED));
    await expect(shrinkRun({ dir, progress })).rejects.toMatchObject({ code: 'CHAOS_RUN_INVALID' });
  });
});
