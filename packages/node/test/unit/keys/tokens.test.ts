import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemRandom } from '../../../src/crypto/system-random.ts';
import { openGate } from '../../../src/daemon/gate.ts';
import { type HomePaths, homePaths } from '../../../src/files/home.ts';
import { makeOperatorToken, readTokenFile } from '../../../src/keys/operator-token.ts';
import { createToken, isSameHash, isToken, tokenHash } from '../../../src/keys/token.ts';
import { initHome } from '../../../src/setup/init.ts';
import { createManualClock } from '../../support/fakes.ts';
import { refusalOf } from '../support/refusals.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function emptyHome(): Promise<HomePaths> {
  const paths = homePaths(await temporaryFolder());
  await mkdir(dirname(paths.operatorToken), { mode: 0o700 });
  return paths;
}

function openTestGate(paths: HomePaths) {
  const clock = createManualClock();
  return openGate({ paths, auth: 'open', random: systemRandom, clock, report: () => {}, note: () => {} });
}

describe('a token', () => {
  test('has 256 random bits behind a prefix, and no two are the same', () => {
    const tokens = Array.from({ length: 100 }, () => createToken(systemRandom));
    expect(new Set(tokens).size).toBe(100);
    expect(tokens.filter((token) => !isToken(token))).toEqual([]);
    expect(isToken('cst_short')).toBe(false);
  });

  test('is known by its hash', () => {
    const token = createToken(systemRandom);
    expect(isSameHash(tokenHash(token), tokenHash(token))).toBe(true);
    expect(isSameHash(tokenHash(token), tokenHash(`${token} `))).toBe(false);
    expect(isSameHash(tokenHash(token), new Uint8Array(31))).toBe(false);
  });
});

describe("the operator's token", () => {
  test('is made with the home, for its owner only', async () => {
    const home = await temporaryFolder();
    const { paths } = await initHome({ home, name: 'Nord', listen: ['10.0.0.1:4100'] }, systemRandom);
    expect((await stat(paths.operatorToken)).mode & 0o777).toBe(0o600);
    expect(isToken(await readTokenFile(paths.operatorToken))).toBe(true);
  });

  test('is made at the start where it is missing, and stays from then on', async () => {
    const paths = await emptyHome();
    const gate = await openTestGate(paths);
    const token = await readTokenFile(paths.operatorToken);
    expect(gate.findToken(token, '127.0.0.1')).toEqual({ name: 'operator', role: 'operator' });
    expect(gate.findToken(createToken(systemRandom), '127.0.0.1')).toBeUndefined();
    await makeOperatorToken(paths.operatorToken, systemRandom);
    expect(await readTokenFile(paths.operatorToken)).toBe(token);
    await rm(paths.operatorToken);
    const anew = await openTestGate(paths);
    expect(anew.findToken(token, '127.0.0.1')).toBeUndefined();
  });

  test('is refused when others can read it, or when it is none, and never quoted', async () => {
    const paths = await emptyHome();
    const file = paths.operatorToken;
    expect(await refusalOf(() => readTokenFile(file))).toMatchObject({
      code: 'FILE_MISSING',
      data: { file },
    });
    await makeOperatorToken(file, systemRandom);
    await chmod(file, 0o640);
    expect(await refusalOf(() => readTokenFile(file))).toMatchObject({ code: 'KEY_FILE_MODE' });
    await chmod(file, 0o600);
    for (const text of ['', 'secret', `${(await readFile(file, 'utf8')).trim()}x`, 'x'.repeat(1000)]) {
      await writeFile(file, text);
      const refusal = await refusalOf(() => readTokenFile(file));
      expect(refusal).toMatchObject({ code: 'TOKEN_FILE_INVALID', data: { file } });
      expect(JSON.stringify(refusal)).not.toContain('secret');
    }
  });
});
