import { readFileSync } from 'node:fs';
import { utf8 } from '@consilium/core';
import { createKeyFile, deriveNamedKey, formatKeyFile } from '@consilium/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDesk, type Desk } from '../support/desk.ts';

let desk: Desk;
beforeAll(() => {
  desk = createDesk();
  const key = deriveNamedKey(new Uint8Array(32), 'keller');
  desk.write('keller.json', formatKeyFile(createKeyFile('keller', 'clinician', key)));
  desk.write('first', 'the first passphrase\n');
  desk.write('second', 'the second passphrase\n');
  desk.write('open', 'the first passphrase\n', 0o644);
  desk.write('short', 'short\n');
});
afterAll(() => desk[Symbol.dispose]());

describe('key encrypt, change-passphrase and decrypt', () => {
  test('a key file goes under a passphrase, under another, and out of it', async () => {
    const before = readFileSync(desk.path('keller.json'), 'utf8');
    const encrypted = await desk.json('key', 'encrypt', 'keller.json', '--passphrase-file', 'first');
    expect(encrypted['files']).toMatchObject([{ role: 'clinician', changed: true }]);
    expect(await desk.json('key', 'show', 'keller.json')).toMatchObject({ encrypted: true, name: 'keller' });
    await desk.json(
      ...['key', 'change-passphrase', 'keller.json'],
      ...['--passphrase-file', 'first', '--new-passphrase-file', 'second'],
    );
    const wrong = await desk.run('key', 'decrypt', 'keller.json', '--passphrase-file', 'first');
    expect(wrong).toMatchObject({
      exitCode: 78,
      stdout: '',
      stderr: expect.stringMatching(/^PASSPHRASE_WRONG: /),
    });
    await desk.json('key', 'decrypt', 'keller.json', '--passphrase-file', 'second');
    expect(readFileSync(desk.path('keller.json'), 'utf8')).toBe(before);
  });

  test.each([
    ['no file is named and nobody is at a terminal', ['keller.json'], /^KEY_FILE_ENCRYPTED: /, 78],
    ['others can read the file', ['keller.json', '--passphrase-file', 'open'], /^KEY_FILE_MODE: /, 78],
    ['it is too short', ['keller.json', '--passphrase-file', 'short'], /^PASSPHRASE_INVALID: /, 78],
    ['neither files nor a home are named', ['--passphrase-file', 'first'], /^USAGE_INVALID: /, 64],
    ['the home is none', ['--home', 'nowhere', '--passphrase-file', 'first'], /^HOME_MISSING: /, 78],
  ])('a passphrase is refused when %s', async (_case, words, stderr, exitCode) => {
    expect(await desk.run('key', 'encrypt', ...words)).toMatchObject({
      ...{ exitCode, stdout: '', stderr: expect.stringMatching(stderr) },
    });
  });

  test('at a terminal the passphrase is asked for, a new one twice', async () => {
    const typed = ['the night shift', 'the night shift', 'the night shift', 'one thing', 'another thing'];
    desk.askSecret = async () => utf8(typed.shift() ?? '');
    await desk.json('key', 'encrypt', 'keller.json');
    await desk.json('key', 'decrypt', 'keller.json');
    const differing = await desk.run('key', 'encrypt', 'keller.json');
    expect(differing.stderr).toMatch(/^PASSPHRASE_INVALID: .*typed differently/);
    desk.askSecret = undefined;
  });
});
