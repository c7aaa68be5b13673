import { chmodSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createDesk } from '../support/desk.ts';

const init = (home: string) => [
  'node',
  'init',
  '--org',
  'Nord',
  '--listen',
  '127.0.0.1:4100',
  '--home',
  home,
];

describe('consilium doctor', () => {
  test('prints each finding with its code and the command that mends it, and ends with 1', async () => {
    using desk = createDesk();
    await desk.json(...init(desk.path('nord')));
    chmodSync(desk.path('nord/keys/account.json'), 0o644);
    const { exitCode, stdout } = await desk.run('doctor', '--home', 'nord');
    expect(exitCode).toBe(1);
    const file = desk.path('nord/keys/account.json');
    expect(stdout).toContain('FAULT HOME_OPEN_TO_OTHERS: others on this machine can read a secret');
    expect(stdout).toContain(`      chmod go= ${file}\n`);
    expect(stdout).toMatch(/\d faults found\n$/);
  });

  test('tells the same as JSON', async () => {
    using desk = createDesk();
    await desk.json(...init(desk.path('nord')));
    const { exitCode, stdout } = await desk.run('doctor', '--home', 'nord', '--json');
    const { findings, healthy } = JSON.parse(stdout) as { findings: { code: string }[]; healthy: boolean };
    expect([exitCode, healthy]).toEqual([1, false]);
    expect(findings.map(({ code }) => code)).toContain('GENESIS_MISSING');
  });

  test('a folder that is no home is a finding', async () => {
    using desk = createDesk();
    const { exitCode, stdout } = await desk.run('doctor', '--home', 'nowhere');
    expect([exitCode, stdout]).toEqual([1, expect.stringContaining('FAULT HOME_MISSING')]);
  });
});
