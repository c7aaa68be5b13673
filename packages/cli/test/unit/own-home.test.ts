import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDesk, type Desk } from '../support/desk.ts';

let desk: Desk;
beforeAll(async () => {
  desk = createDesk();
  desk.write('passphrase', 'the night shift\n');
  const words = ['--org', 'Nord', '--listen', '127.0.0.1:4100', '--home', desk.path('home')];
  await desk.json('node', 'init', ...words, '--passphrase-file', 'passphrase');
});
afterAll(() => desk[Symbol.dispose]());

const config = (...words: string[]) => desk.run('config', ...words, '--home', 'home');

describe('config validate and config show', () => {
  test('the file of a new home is valid, and every setting has its value and origin', async () => {
    expect(await config('validate')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/config\.toml is valid\n$/),
    });
    desk.env = { CONSILIUM_METRICS_PORT: '4999' };
    const { stdout } = await config('show', '--origin', '--set', 'api.port=4711');
    desk.env = {};
    expect(stdout).toMatch(/^api\.port +4711 +flag --set api\.port$/m);
    expect(stdout).toMatch(/^metrics\.port +4999 +environment CONSILIUM_METRICS_PORT$/m);
    expect(stdout).toMatch(/^name +"Nord" +.*config\.toml, line \d+$/m);
    expect(stdout).toMatch(/^log\.level +"info" +default$/m);
  });

  test('what is shown holds no secret: neither the passphrase nor a key nor the token', async () => {
    const shown = (await config('show', '--origin')).stdout + (await config('show', '--json')).stdout;
    expect(shown).toContain('passphrase_file');
    expect(shown).not.toContain('the night shift');
    expect(shown).not.toContain(readFileSync(desk.path('home/keys/operator.token'), 'utf8').trim());
  });

  test('every mistake is named with its line and what was meant, and ends with 78', async () => {
    const file = desk.path('home/config.toml');
    const whole = readFileSync(file, 'utf8');
    appendFileSync(file, '\nstatsu_ms = 1\n\n[blockchain]\nfast = true\n');
    const lines = whole.split('\n').length;
    const ended = await config('validate');
    expect(ended.exitCode).toBe(78);
    expect(ended.stdout).toMatch(
      new RegExp(`CONFIG_KEY_UNKNOWN: .*line ${lines + 1}: .*did you mean timing.status_ms`),
    );
    expect(ended.stdout).toMatch(/CONFIG_KEY_UNKNOWN: .*"blockchain"/);
    const { stdout } = await config('validate', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ valid: false, mistakes: [{ key: 'timing.statsu_ms' }, {}] });
    writeFileSync(file, whole.slice(0, whole.length / 2));
    expect(await config('validate')).toMatchObject({
      exitCode: 78,
      stdout: expect.stringMatching(/^CONFIG_MALFORMED: .*cut short\n/),
    });
    expect(await config('show')).toMatchObject({
      exitCode: 78,
      stderr: expect.stringMatching(/^CONFIG_MALFORMED: .*cut short/),
    });
    writeFileSync(file, whole);
  });

  test('no home, and none named, are refusals', async () => {
    expect(await desk.run('config', 'validate', '--home', 'nowhere')).toMatchObject({
      exitCode: 78,
      stderr: expect.stringMatching(/^HOME_MISSING/),
    });
    expect(await desk.run('config', 'show')).toMatchObject({
      exitCode: 64,
      stderr: expect.stringMatching(/^USAGE_INVALID/),
    });
  });
});
