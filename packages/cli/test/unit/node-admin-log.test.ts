import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openAdminLog } from '../../../node/src/audit/admin-log.ts';
import { readMark, writeMark } from '../../../node/src/audit/chain-mark.ts';
import { homePaths } from '../../../node/src/files/home.ts';
import { openStore } from '../../../node/src/store/store.ts';
import { createDesk, type Desk } from '../support/desk.ts';

const ACTS = ['begun', 'done'].map((outcome) => ({
  by: 'anna',
  role: 'operator',
  action: 'snapshot.create',
  outcome,
  facts: { height: 7 },
}));

/** A home whose node wrote two lines and stopped. Gives the file. */
async function homeWithLog(desk: Desk): Promise<string> {
  const home = desk.path('nord');
  await desk.json('node', 'init', '--org', 'Nord', '--listen', '127.0.0.1:4100', '--home', home);
  desk.env['CONSILIUM_API_PORT'] = '1';
  const paths = homePaths(home);
  await using store = await openStore(paths.data);
  await using log = await openAdminLog({
    folder: paths.state,
    clock: { wallMs: () => 1_764_000_000_000 },
    report: () => {},
    mark: readMark(store),
    keepMark: (mark) => writeMark(store, mark),
  });
  for (const act of ACTS) await log.append(act);
  return join(paths.state, 'admin.log');
}

describe('node admin-log', () => {
  test('shows who did what, and when', async () => {
    using desk = createDesk();
    await homeWithLog(desk);
    const { lines } = await desk.json('node', 'admin-log', 'show', '--home', desk.path('nord'));
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatchObject({ seq: 2, by: 'anna', action: 'snapshot.create', outcome: 'done' });
    const shown = await desk.run('node', 'admin-log', 'show', '--home', desk.path('nord'), '--last', '1');
    expect(shown.stdout).toMatch(
      /2 +2025-11-24T16:00:00.000Z +anna +operator +snapshot.create +done +height=7/,
    );
    expect(shown.stdout).not.toContain('begun');
  });

  test('says that there is no home, where there is none', async () => {
    using desk = createDesk();
    for (const what of ['show', 'verify']) {
      const ended = await desk.run('node', 'admin-log', what, '--home', desk.path('nowhere'));
      expect(ended.stderr).toMatch(/^HOME_MISSING/);
      expect(ended.exitCode).toBe(78);
    }
  });

  test('verifies an untouched log, while the node is stopped too', async () => {
    using desk = createDesk();
    await homeWithLog(desk);
    const verify = (...more: string[]) =>
      desk.run('node', 'admin-log', 'verify', '--home', desk.path('nord'), ...more);
    const { exitCode, stdout } = await verify('--json');
    expect(exitCode).toBe(0);
    const { head } = JSON.parse(stdout) as { head: string };
    expect((await verify('--head', head)).exitCode).toBe(0);
    expect(await verify('--head', '00'.repeat(32))).toMatchObject({ exitCode: 1 });
  });

  test('of a node for which nothing was done yet: its head holds against itself', async () => {
    using desk = createDesk();
    const home = desk.path('nord');
    await desk.json('node', 'init', '--org', 'Nord', '--listen', '127.0.0.1:4100', '--home', home);
    desk.env['CONSILIUM_API_PORT'] = '1';
    const { head } = await desk.json('node', 'admin-log', 'verify', '--home', home);
    expect(await desk.run('node', 'admin-log', 'verify', '--home', home, '--head', head)).toMatchObject({
      exitCode: 0,
    });
  });

  test('notices an edited line and a cut tail', async () => {
    using desk = createDesk();
    const file = await homeWithLog(desk);
    const verify = () => desk.run('node', 'admin-log', 'verify', '--home', desk.path('nord'));
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('anna', 'emma'));
    const edited = await verify();
    expect(edited.exitCode).toBe(1);
    expect(edited.stderr).toContain('ADMIN_LOG_BROKEN');
    expect(edited.stderr).toContain('line: 1, rule: form');
    writeFileSync(file, text);
    truncateSync(file, text.indexOf('\n') + 1);
    expect((await verify()).stderr).toContain('line: 1, rule: cut');
  });
});
