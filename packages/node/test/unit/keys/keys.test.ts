import { chmod, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { accountIdOf, secretKeyFromSeed, toHex } from '@consilium/core';
import type { KeyFile } from '@consilium/sealing';
import { describe, expect, test } from 'vitest';
import { homePaths, makeHomeFolders } from '../../../src/files/home.ts';
import {
  createNodeKeys,
  keyFileFromText,
  keyToText,
  type NodeKeys,
  nodeKeyOf,
  secretOfSeed,
} from '../../../src/keys/key-file.ts';
import { readKeyFile, readNodeKeys, refuseDevelopmentKeys, writeKeyFile } from '../../../src/keys/store.ts';
import { refusalOf } from '../support/refusals.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const secretOf = (number: number) => secretKeyFromSeed(new Uint8Array(32).fill(number));

function keysOf(first: number, development = false): NodeKeys {
  const secrets = {
    account: secretOf(first),
    validator: secretOf(first + 1),
    network: secretOf(first + 2),
    custody: secretOfSeed('custody', new Uint8Array(32).fill(first + 3)),
  };
  return createNodeKeys('Nord', secrets, development);
}

const keys = keysOf(1);
const text = keyToText(keys.validator);
const refusalOfText = (changed: string) => refusalOf(() => keyFileFromText(changed, 'validator', 'file'));

async function homeWith(own: NodeKeys) {
  const paths = homePaths(join(await temporaryFolder(), 'home'));
  await makeHomeFolders(paths);
  await writeKeyFile(paths.accountKey, own.account);
  await writeKeyFile(paths.validatorKey, own.validator);
  await writeKeyFile(paths.networkKey, own.network);
  await writeKeyFile(paths.custodyKey, own.custody);
  return paths;
}

describe('a key as text', () => {
  test('comes back as it was', () => {
    expect(nodeKeyOf(keyFileFromText(text, 'validator', 'file') as KeyFile, 'validator')).toEqual(
      keys.validator,
    );
  });

  test('names the account of its institution', () => {
    const account = accountIdOf(keys.account.secret.publicKey);
    expect([keys.account, keys.validator, keys.network].map((key) => key.account)).toEqual([
      account,
      account,
      account,
    ]);
  });

  test.each([
    ['what is no JSON', '{'],
    ['what is no object', '7'],
    ['a file of another kind', text.replace('consilium-key', 'consilium-wallet')],
    ['another version', text.replace('"version": 1', '"version": 2')],
    ['a key for something else', text.replace('"validator"', '"network"')],
    ['a short seed', text.replace(/"seed": "../, '"seed": "')],
    ['upper-case hex', text.replace(/("seed": ")(..)/, '$1AB')],
    [
      'a public key of another seed',
      text.replace(keys.validator.secret.publicKey, keys.network.secret.publicKey),
    ],
    ['no mark whether it is for development', text.replace(/,\s*"development": false/, '')],
  ])('is refused: %s', async (_title, changed) => {
    expect(changed).not.toBe(text);
    const refusal = await refusalOfText(changed);
    expect(refusal.code).toBe('KEY_FILE_MALFORMED');
    const seed = toHex(keys.validator.secret.seed);
    expect(`${refusal.message} ${JSON.stringify(refusal.data)}`).not.toContain(seed.slice(0, 8));
  });
});

describe('key files of a home', () => {
  test('are readable by the owner only, and read back', async () => {
    const paths = await homeWith(keys);
    for (const file of [paths.accountKey, paths.validatorKey, paths.networkKey, paths.custodyKey]) {
      expect((await stat(file)).mode & 0o777).toBe(0o600);
    }
    expect(await readNodeKeys(paths)).toEqual(keys);
  });

  test('are never overwritten', async () => {
    const paths = await homeWith(keys);
    expect((await refusalOf(() => writeKeyFile(paths.accountKey, keysOf(9).account))).code).toBe(
      'FILE_EXISTS',
    );
    expect(await readNodeKeys(paths)).toEqual(keys);
  });

  test('are refused when others can read or write them', async () => {
    const { validatorKey } = await homeWith(keys);
    for (const mode of [0o640, 0o604, 0o620, 0o601]) {
      await chmod(validatorKey, mode);
      const refusal = await refusalOf(() => readKeyFile(validatorKey, 'validator'));
      expect(refusal).toMatchObject({ code: 'KEY_FILE_MODE', data: { file: validatorKey } });
    }
    await chmod(validatorKey, 0o400);
    expect(await readKeyFile(validatorKey, 'validator')).toEqual(keys.validator);
  });

  test('are named when missing, too long or of two institutions', async () => {
    const paths = await homeWith({ ...keys, network: keysOf(9).network });
    expect(await refusalOf(() => readNodeKeys(paths))).toMatchObject({
      code: 'KEY_FILE_MALFORMED',
      data: { file: paths.networkKey, rule: 'of another institution' },
    });
    await writeFile(paths.networkKey, ' '.repeat(10_000));
    expect(await refusalOf(() => readNodeKeys(paths))).toMatchObject({
      code: 'KEY_FILE_MALFORMED',
      data: { file: paths.networkKey, rule: 'too long' },
    });
    const missing = join(paths.keys, 'nobody.json');
    expect(await refusalOf(() => readKeyFile(missing, 'network'))).toMatchObject({
      code: 'KEY_FILE_MISSING',
      data: { file: missing },
    });
  });
});

describe('development keys', () => {
  test('are refused on a chain whose id does not begin with dev-', async () => {
    const development = keysOf(1, true);
    for (const chainId of ['hospitals-1', 'Dev-1', 'my-dev-1', 'dev']) {
      expect(await refusalOf(() => refuseDevelopmentKeys(development, chainId))).toMatchObject({
        code: 'DEVELOPMENT_KEY',
        data: { chainId, role: 'institution' },
      });
    }
    refuseDevelopmentKeys(development, 'dev-1');
    refuseDevelopmentKeys(keys, 'hospitals-1');
  });

  test('are refused even when only one of the three is one', async () => {
    const mixed = { ...keys, network: keysOf(1, true).network };
    expect((await refusalOf(() => refuseDevelopmentKeys(mixed, 'hospitals-1'))).data['role']).toBe('network');
  });
});
