import { describe, expect, test } from 'vitest';
import type { WhyReport } from '../../../node/src/observe/why.ts';
import { startApi } from '../../../node/test/support/api-harness.ts';
import { createDesk } from '../support/desk.ts';
import { operatorOf, reportOf } from '../support/own-node.ts';

async function asked(words: readonly string[], report: WhyReport) {
  using desk = createDesk();
  const gate = await operatorOf(desk, 'nord');
  const { api, url } = await startApi({ deps: { gate, why: () => report } });
  try {
    return await desk.run(...words, '--home', 'nord', '--node', url);
  } finally {
    await api.stop();
  }
}

describe('consilium why', () => {
  test('says the answer first, then whose votes are missing and since when', async () => {
    const { stdout, exitCode } = await asked(['why'], reportOf({ down: 2 }));
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/^This node reaches 2 of 4 validators and a block needs 3; no link to /);
    expect(stdout).toMatch(/^Hospital 3 +DOWN for 5 min +height 6, 5 min ago +missing +missing +\? *$/m);
    expect(stdout).toMatch(/^next timer +prevote, in 400 ms$/m);
    expect(stdout).toMatch(/^lock +abababababab of round 1; valid value none$/m);
    expect(exitCode).toBe(2);
  });

  test('exits 0 when there is nothing to do, and tells all as JSON', async () => {
    const idle = await asked(['why', '--json'], reportOf({ idle: true }));
    expect(idle.exitCode).toBe(0);
    expect(JSON.parse(idle.stdout)).toMatchObject({
      code: 'IDLE',
      running: { quorum: 3, validators: expect.any(Array) },
      readiness: { ready: true },
    });
  });

  test('asks another node by its address and a token in a file, and says what is missing', async () => {
    using desk = createDesk();
    const gate = await operatorOf(desk, 'nord');
    const { api, url } = await startApi({ deps: { gate, why: () => reportOf({ idle: true }) } });
    try {
      const token = desk.path('nord/keys/operator.token');
      expect((await desk.run('why', '--node', url, '--token-file', token)).exitCode).toBe(0);
      expect((await desk.run('why', '--node', url)).stderr).toMatch(/^API_TOKEN_REQUIRED/);
      expect((await desk.run('why')).stderr).toMatch(/^USAGE_INVALID: give --home FOLDER, or --node URL/);
    } finally {
      await api.stop();
    }
  });

  test('a node that does not run is said to', async () => {
    using desk = createDesk();
    await operatorOf(desk, 'nord');
    const { exitCode, stderr } = await desk.run('why', '--home', 'nord', '--node', 'http://127.0.0.1:9');
    expect([exitCode, stderr.split(':')[0]]).toEqual([3, 'NODE_NOT_RUNNING']);
  });
});

describe('consilium status --home', () => {
  test.each([{ down: 0 }, { down: 2 }, { down: 9, validators: 31 }, { idle: true }])(
    'fits a screen of 80 by 24: %j',
    async (options) => {
      const { stdout } = await asked(['status'], reportOf(options));
      const lines = stdout.split('\n').slice(0, -1);
      expect(lines.length).toBeLessThanOrEqual(24);
      for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(80);
      expect(stdout).toContain('last block');
      if (options.down) expect(stdout).toContain('DOWN for 5 min');
    },
  );
});
