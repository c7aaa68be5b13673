import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { secretKeyFromSeed, toHex, utf8 } from '@consilium/core';
import { createKeySeal, scryptPortable } from '@consilium/sealing';
import { describe, expect, test } from 'vitest';
import { scryptNative } from '../../../src/crypto/scrypt-native.ts';
import { systemRandom } from '../../../src/crypto/system-random.ts';
import { type HomePaths, keyFilesIn } from '../../../src/files/home.ts';
import { createUnlocker, readPassphraseFile } from '../../../src/keys/passphrase.ts';
import { changePassphrase, decryptKeyFiles, encryptKeyFiles } from '../../../src/keys/reseal.ts';
import { readKeyFile, readKeyText, readNodeKeys } from '../../../src/keys/store.ts';
import { initHome } from '../../../src/setup/init.ts';
import { prepareRotation } from '../../../src/setup/rotation.ts';
import { refusalOf } from '../support/refusals.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const WEAK = { n: 2 ** 14, scrypt: scryptNative };
const sealOf = (passphrase: string) =>
  createKeySeal(utf8(passphrase), (length) => systemRandom.bytes(length), WEAK);

async function homeUnder(passphrase?: string): Promise<HomePaths> {
  const home = join(await temporaryFolder(), 'home');
  const seal = passphrase === undefined ? {} : { seal: sealOf(passphrase) };
  const { paths } = await initHome({ home, name: 'Nord', listen: ['127.0.0.1:4100'], ...seal }, systemRandom);
  return paths;
}

async function passphraseFile(content: string, mode = 0o600): Promise<string> {
  const path = join(await temporaryFolder(), 'passphrase');
  await writeFile(path, content);
  await chmod(path, mode);
  return path;
}

const unlockWith = (file: string) => createUnlocker({ file }).unlock;

describe('an encrypted keystore', () => {
  test('is made with the home, and opened with the passphrase of a file', async () => {
    const paths = await homeUnder('the night shift');
    const file = await passphraseFile('the night shift\n');
    const keys = await readNodeKeys(paths, unlockWith(file));
    for (const path of keyFilesIn(paths.home)) {
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      const text = await readFile(path, 'utf8');
      for (const { secret } of Object.values(keys)) expect(text).not.toContain(toHex(secret.seed));
    }
    const refusal = await refusalOf(() => readNodeKeys(paths));
    expect(refusal).toMatchObject({ code: 'KEY_FILE_ENCRYPTED', data: { file: paths.accountKey } });
  });

  test('a wrong passphrase is one refusal, which names the file and nothing else', async () => {
    const paths = await homeUnder('the night shift');
    const file = await passphraseFile('the day shift');
    const refusal = await refusalOf(() => readNodeKeys(paths, unlockWith(file)));
    expect([refusal.code, refusal.data]).toEqual(['PASSPHRASE_WRONG', { file: paths.accountKey }]);
  });

  test('a home is put under a passphrase, under another, and out of it again', async () => {
    const paths = await homeUnder();
    const before = await readNodeKeys(paths);
    const files = keyFilesIn(paths.home);
    expect(await encryptKeyFiles(files, sealOf('first phrase'))).toHaveLength(4);
    expect((await encryptKeyFiles(files, sealOf('first phrase'))).some(({ changed }) => changed)).toBe(false);
    expect((await refusalOf(() => encryptKeyFiles(files, sealOf('other phrase')))).code).toBe(
      'PASSPHRASE_WRONG',
    );
    await changePassphrase(files, sealOf('first phrase'), sealOf('second phrase'));
    expect((await refusalOf(() => decryptKeyFiles(files, sealOf('first phrase')))).code).toBe(
      'PASSPHRASE_WRONG',
    );
    expect(await readNodeKeys(paths, (file) => sealOf('second phrase').open(file))).toEqual(before);
    await decryptKeyFiles(files, sealOf('second phrase'));
    expect(await readNodeKeys(paths)).toEqual(before);
    expect((await refusalOf(() => decryptKeyFiles(files, sealOf('second phrase')))).code).toBe(
      'KEY_FILE_PLAIN',
    );
  });

  test('covers the next keys while a rotation is under way', async () => {
    const paths = await homeUnder();
    await prepareRotation(paths.home, ['validator'], systemRandom);
    await encryptKeyFiles(keyFilesIn(paths.home), sealOf('first phrase'));
    expect(await readKeyText(paths.nextKeys.validator)).toContain('"ciphertext"');
  });

  test('a change that was cut short is ended by the same change', async () => {
    const paths = await homeUnder('first phrase');
    const [one = '', ...rest] = keyFilesIn(paths.home);
    await changePassphrase([one], sealOf('first phrase'), sealOf('second phrase'));
    const ended = await changePassphrase([one, ...rest], sealOf('first phrase'), sealOf('second phrase'));
    expect(ended.map(({ changed }) => changed)).toEqual([false, true, true, true]);
    const wrong = await refusalOf(() => changePassphrase(rest, sealOf('third'), sealOf('fourth')));
    expect(wrong.code).toBe('PASSPHRASE_WRONG');
  });

  test('nothing is replaced when one of the files does not open', async () => {
    const paths = await homeUnder('first phrase');
    await decryptKeyFiles([paths.custodyKey], sealOf('first phrase'));
    await encryptKeyFiles([paths.custodyKey], sealOf('other phrase'));
    const files = keyFilesIn(paths.home);
    const before = await Promise.all(files.map((file) => readFile(file, 'utf8')));
    expect(await refusalOf(() => decryptKeyFiles(files, sealOf('first phrase')))).toMatchObject({
      code: 'PASSPHRASE_WRONG',
      data: { file: paths.custodyKey },
    });
    expect(await Promise.all(files.map((file) => readFile(file, 'utf8')))).toEqual(before);
  });
});

describe('a passphrase', () => {
  test.each([
    ['the night shift\n', 'the night shift'],
    ['the night shift\r\n', 'the night shift'],
    [' two spaces  ', ' two spaces  '],
    ['two lines\n\n', 'two lines\n'],
  ])('is the content of its file without one line end: %j', async (content, passphrase) => {
    expect(await readPassphraseFile(await passphraseFile(content))).toEqual(utf8(passphrase));
  });

  test('is refused when others can read it, when it is empty or too long, and when it is not there', async () => {
    for (const mode of [0o640, 0o604, 0o620])
      expect((await refusalOf(async () => readPassphraseFile(await passphraseFile('x', mode)))).code).toBe(
        'KEY_FILE_MODE',
      );
    for (const content of ['', '\n', 'x'.repeat(2_000)])
      expect((await refusalOf(async () => readPassphraseFile(await passphraseFile(content)))).code).toBe(
        'PASSPHRASE_INVALID',
      );
    expect((await refusalOf(() => readPassphraseFile('/nowhere/passphrase'))).code).toBe('FILE_MISSING');
  });

  test("is taken from systemd's credentials, whose access list shows as the group's right", async () => {
    const credentials = await temporaryFolder();
    const file = join(credentials, 'passphrase');
    await writeFile(file, 'the night shift');
    await chmod(file, 0o440);
    expect(await readPassphraseFile(file, credentials)).toEqual(utf8('the night shift'));
    await chmod(file, 0o444);
    expect((await refusalOf(() => readPassphraseFile(file, credentials))).code).toBe('KEY_FILE_MODE');
    await mkdir(join(credentials, 'below'));
    const below = join(credentials, 'below', 'passphrase');
    await writeFile(below, 'x');
    await chmod(below, 0o440);
    expect((await refusalOf(() => readPassphraseFile(below, credentials))).code).toBe('KEY_FILE_MODE');
  });

  test('is asked for once, and only when a file is under one', async () => {
    const plain = await homeUnder();
    const sealed = await homeUnder('the night shift');
    let asked = 0;
    const { unlock, forget } = createUnlocker({
      ask: async () => {
        asked += 1;
        return utf8('the night shift');
      },
    });
    await readNodeKeys(plain, unlock);
    expect(asked).toBe(0);
    await readNodeKeys(sealed, unlock);
    await readKeyFile(sealed.validatorKey, 'validator', unlock);
    expect(asked).toBe(1);
    forget();
  });
});

test('both engines of scrypt give the same', async () => {
  const cost = { n: 2 ** 14, r: 8, p: 1 };
  const { seed } = secretKeyFromSeed(systemRandom.bytes(32));
  expect(await scryptNative(utf8('x'), seed, cost)).toEqual(await scryptPortable(utf8('x'), seed, cost));
});
