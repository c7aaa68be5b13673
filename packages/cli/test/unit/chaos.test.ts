import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDesk, type Desk } from '../support/desk.ts';

let desk: Desk;

beforeEach(() => {
  desk = createDesk();
});

afterEach(() => {
  desk[Symbol.dispose]();
});

const SCENARIO = `name = "short"
duration = "3s"
workload = { kind = "noop", rate = 6 }

[[step]]
at = "1s"
do = "kill"
target = "n2"
for = "1s"
`;

describe('consilium chaos', () => {
  test('runs a scenario, keeps it, replays it to the same bytes and shows it as one page', async () => {
    const file = desk.write('short.toml', SCENARIO);
    const ran = await desk.json('chaos', 'run', file, '--world', 'sim', '--out', 'kept');
    expect(ran).toMatchObject({ world: 'sim', outcome: 'pass', passed: 1, failed: 0, skipped: [] });
    const folder = desk.path('kept/short-sim-1');
    const replayed = await desk.json('chaos', 'replay', folder);
    expect(replayed).toMatchObject({ sameBytes: true, verdict: { outcome: 'pass' } });
    await desk.json('chaos', 'report', folder, '--html');
    expect(readFileSync(`${folder}/report.html`, 'utf8')).toMatch(/^<!doctype html>/i);
  });

  test('ends with 1 when a checker convicts, keeps the run, and says how to see it again', async () => {
    const file = desk.write('short.toml', `${SCENARIO}\n[expect]\nsometimes = ["blue-moon"]\n`);
    const { exitCode, stderr } = await desk.run('chaos', 'run', file);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('coverage: blue-moon was never reached');
    expect(stderr).toContain('npx consilium chaos run');
    expect(existsSync(desk.path('chaos-runs/short-sim-1/verdict.json'))).toBe(true);
  });

  test('skips what its world has not, which is no pass', async () => {
    const file = desk.write('short.toml', SCENARIO.replace('do = "kill"', 'do = "slow-clients"'));
    const { exitCode, stdout } = await desk.run('chaos', 'run', file);
    expect(exitCode).toBe(2);
    expect(stdout).toContain('0 passed, 0 failed, 1 skipped');
  });

  test('writes the whole trace of one seed', async () => {
    const { exitCode, stdout } = await desk.run('chaos', 'swarm', '--seeds', '1', '--trace', 'trace.txt');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('1 passed, 0 failed');
    expect(readFileSync(desk.path('trace.txt'), 'utf8').split('\n').length).toBeGreaterThan(1_000);
  });

  test.each<[string, string[], RegExp]>([
    ['no seeds', ['swarm', '--seeds', '0'], /^USAGE_INVALID: --seeds must be a whole number from 1/],
    ['half a seed', ['swarm', '--first-seed', '1.5'], /^USAGE_INVALID: --first-seed must be a whole number/],
    ['a trace of many', ['swarm', '--trace', 'x'], /^USAGE_INVALID: --trace <file> keeps one seed/],
    [
      'a world that is none',
      ['run', 'x', '--world', 'moon'],
      /^USAGE_INVALID: --world is one of sim, devnet/,
    ],
    [
      'years of faults',
      ['random', '--minutes', '9e9'],
      /^USAGE_INVALID: --minutes must be a number up to 60/,
    ],
    ['a report in no form', ['report', 'x'], /^USAGE_INVALID: the form of the report is needed: --html/],
    ['a folder that is no run', ['replay', '.'], /^CHAOS_RUN_INVALID: /],
    ['an unknown planted bug', ['selftest', '--only', 'none'], /^SCENARIO_INVALID: /],
  ])('ends with 64 and one line for %s', async (_title, words, line) => {
    const ended = await desk.run('chaos', ...words);
    expect(ended.stderr).toMatch(line);
    expect(ended).toMatchObject({ exitCode: 64, stdout: '' });
  });

  test('refuses a folder in which two scenarios have one name, and writes no page through a link', async () => {
    desk.write('a.toml', SCENARIO);
    desk.write('b.toml', SCENARIO);
    const twice = await desk.run('chaos', 'run', '.');
    expect(twice).toMatchObject({ exitCode: 64 });
    expect(twice.stderr).toMatch(/another scenario is called short/);
    await desk.json('chaos', 'run', desk.path('a.toml'), '--out', 'kept');
    const precious = desk.write('precious.txt', 'precious');
    symlinkSync(precious, desk.path('kept/short-sim-1/report.html'));
    const through = await desk.run('chaos', 'report', desk.path('kept/short-sim-1'), '--html');
    expect(through.stderr).toMatch(/^FILE_UNREADABLE: /);
    expect(readFileSync(precious, 'utf8')).toBe('precious');
  });

  test('names the place in a scenario that cannot be run', async () => {
    const file = desk.write('bad.toml', SCENARIO.replace('do = "kill"', 'do = "explode"'));
    const { exitCode, stderr } = await desk.run('chaos', 'run', file);
    expect(exitCode).toBe(64);
    expect(stderr).toMatch(/^SCENARIO_INVALID: .*step 1: do/s);
  });
});
