import { readFileSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createCertificate } from '../../../node/test/support/certificates.ts';
import { createDesk, type Desk } from '../support/desk.ts';

async function madeHome(desk: Desk): Promise<string> {
  const home = desk.path('nord');
  await desk.json('node', 'init', '--org', 'Nord', '--listen', '127.0.0.1:4100', '--home', home);
  return home;
}

describe('token', () => {
  test('add shows the token once, and the home has only its hash', async () => {
    using desk = createDesk();
    const home = await madeHome(desk);
    const { token, role } = await desk.json(
      ...['token', 'add', '--home', home, '--role', 'submitter', '--name', 'emr', '--days', '1'],
    );
    expect([token, role]).toEqual([expect.stringMatching(/^cst_[\w-]{43}$/), 'submitter']);
    const file = `${home}/keys/tokens.json`;
    expect(readFileSync(file, 'utf8')).not.toContain(token);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { stdout } = await desk.run('token', 'list', '--home', home);
    expect(stdout).toMatch(/emr +submitter +token/);
    expect(stdout).not.toContain(token);
    desk.now = () => Date.now() + 2 * 86_400_000;
    expect((await desk.json('token', 'list', '--home', home))['entries'][0].expired).toBe(true);
  });

  test('add writes the token to a file for its owner only, when told so', async () => {
    using desk = createDesk();
    const home = await madeHome(desk);
    const words = ['token', 'add', '--home', home, '--role', 'reader', '--name', 'lab', '--out', 'lab.token'];
    const { stdout, exitCode } = await desk.run(...words);
    expect(exitCode).toBe(0);
    expect(stdout).not.toContain('cst_');
    expect(statSync(desk.path('lab.token')).mode & 0o777).toBe(0o600);
    expect(readFileSync(desk.path('lab.token'), 'utf8')).toMatch(/^cst_[\w-]{43}\n$/);
  });

  test('add lists a client certificate by its hash', async () => {
    using desk = createDesk();
    const home = await madeHome(desk);
    const { cert, sha256 } = createCertificate('lab');
    desk.write('lab.pem', cert);
    const words = ['token', 'add', '--home', home, '--role', 'auditor', '--name', 'lab'];
    expect(await desk.json(...words, '--certificate', 'lab.pem')).toMatchObject({
      kind: 'certificate',
      sha256,
    });
    desk.write('no.pem', 'nothing');
    expect((await desk.run(...words, '--certificate', 'no.pem')).stderr).toContain('FILE_INVALID');
  });

  test('remove ends one, and says so when there is none', async () => {
    using desk = createDesk();
    const home = await madeHome(desk);
    await desk.json('token', 'add', '--home', home, '--role', 'reader', '--name', 'lab');
    await desk.json('token', 'remove', '--home', home, '--name', 'lab');
    expect((await desk.json('token', 'list', '--home', home))['entries']).toEqual([]);
    expect((await desk.run('token', 'remove', '--home', home, '--name', 'lab')).stderr).toContain(
      'TOKEN_UNKNOWN',
    );
  });

  test.each([
    [['add', '--role', 'root', '--name', 'a'], '--role is one of'],
    [['add', '--role', 'reader', '--name', 'operator'], '--name must be'],
    [['add', '--role', 'reader', '--name', 'a', '--days', '0'], '--days'],
    [['remove'], '--name is missing'],
  ])('%s is refused with what is wrong', async (words, expected) => {
    using desk = createDesk();
    const home = await madeHome(desk);
    const { exitCode, stderr } = await desk.run('token', ...words, '--home', home);
    expect([exitCode, stderr]).toEqual([64, expect.stringContaining(expected)]);
  });

  test('a name is given once, and a home must be one', async () => {
    using desk = createDesk();
    const home = await madeHome(desk);
    const words = ['token', 'add', '--role', 'reader', '--name', 'lab'];
    await desk.json(...words, '--home', home);
    expect((await desk.run(...words, '--home', home)).stderr).toContain('already');
    expect((await desk.run(...words, '--home', desk.path('nowhere'))).exitCode).toBe(78);
    expect((await desk.run(...words)).exitCode).toBe(64);
  });
});
