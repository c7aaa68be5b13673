import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createSecureFetch } from '../../../sdk/src/node-only/secure-fetch.ts';
import { changeAccessFile, readAccessFile } from '../../src/api/access/access-file.ts';
import { type AccessEntry, accessListFromText, accessListToText } from '../../src/api/access/access-list.ts';
import type { Problem } from '../../src/api/problems.ts';
import type { AdminAct } from '../../src/audit/admin-line.ts';
import { resolveConfig } from '../../src/config/load.ts';
import type { ApiAuth, Config } from '../../src/config/settings.ts';
import { systemRandom } from '../../src/crypto/system-random.ts';
import { checkDoor, readTls } from '../../src/daemon/api-door.ts';
import { openGate } from '../../src/daemon/gate.ts';
import { homePaths } from '../../src/files/home.ts';
import { readTokenFile } from '../../src/keys/operator-token.ts';
import { createToken, tokenHash } from '../../src/keys/token.ts';
import { startApi } from '../support/api-harness.ts';
import { createCertificate } from '../support/certificates.ts';
import { createEventLog, createManualClock } from '../support/fakes.ts';
import { refusalOf } from './support/refusals.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const START_MS = 1_000_000;

const hashOf = (token: string): string => Buffer.from(tokenHash(token)).toString('hex');

function entry(name: string, more: Partial<AccessEntry> = {}): AccessEntry {
  const sha256 = hashOf(name);
  return { name, role: 'reader', kind: 'token', sha256, createdAt: 0, expiresAt: null, ...more };
}

async function scene(auth: ApiAuth = 'tokens', entries: readonly AccessEntry[] = []) {
  const paths = homePaths(await temporaryFolder());
  await mkdir(paths.keys, { mode: 0o700 });
  if (entries.length > 0) await changeAccessFile(paths.access, () => entries);
  const clock = createManualClock(START_MS);
  const log = createEventLog();
  const acts: AdminAct[] = [];
  const note = (act: AdminAct) => void acts.push(act);
  const gate = await openGate({ paths, auth, random: systemRandom, clock, report: log.report, note });
  onTestFinished(() => gate.stop());
  const operator = await readTokenFile(paths.operatorToken);
  /** The next look at the file has happened. */
  const looked = async (isSeen: () => boolean) => {
    await vi.waitFor(() => {
      clock.advance(1_000);
      expect(isSeen()).toBe(true);
    });
  };
  return { paths, clock, log, acts, gate, operator, looked };
}

describe('the list of tokens', () => {
  const ENTRIES = [
    entry('emr', { role: 'submitter' }),
    entry('auditor', { expiresAt: 7, kind: 'certificate' }),
  ];

  test('reads back as it was written', () => {
    expect(accessListFromText(accessListToText(ENTRIES), 'x')).toEqual(ENTRIES);
  });

  test.each([
    ['no JSON', 'entries'],
    ['another kind', '{"kind":"x","version":1,"entries":[]}'],
    ['another version', accessListToText([]).replace('"version": 1', '"version": 2')],
    ['a role that is none', accessListToText(ENTRIES).replace('submitter', 'root')],
    ['a reserved name', accessListToText(ENTRIES).replace('emr', 'operator')],
    ['a name twice', accessListToText([entry('a'), entry('a')])],
    ['a token instead of a hash', accessListToText([entry('a', { sha256: createToken(systemRandom) })])],
    ['too many', accessListToText(Array.from({ length: 257 }, (_, n) => entry(`n${n}`)))],
  ])('is refused as a whole for %s', (_what, text) => {
    expect(() => accessListFromText(text, 'f')).toThrow(
      expect.objectContaining({ code: 'TOKEN_FILE_INVALID' }),
    );
  });

  test('holds no token, is for its owner only, and is changed by one command at a time', async () => {
    const { paths } = await scene('tokens', ENTRIES);
    expect(await readAccessFile(paths.access)).toEqual(ENTRIES);
    const second = refusalOf(() =>
      changeAccessFile(paths.access, (entries) => {
        void changeAccessFile(paths.access, () => []).catch(() => undefined);
        return entries;
      }),
    ).catch(() => undefined);
    await second;
    expect(await readAccessFile(paths.access)).toEqual(ENTRIES);
    await writeFile(`${paths.access}.changing`, '');
    expect(await refusalOf(() => changeAccessFile(paths.access, () => []))).toMatchObject({
      code: 'FILE_EXISTS',
    });
    await chmod(paths.access, 0o644);
    expect(await refusalOf(() => readAccessFile(paths.access))).toMatchObject({ code: 'KEY_FILE_MODE' });
  });
});

describe('who may ask', () => {
  test('a token counts in its role, until it expires', async () => {
    const { gate, clock } = await scene('tokens', [
      entry('emr', { role: 'submitter', expiresAt: START_MS + 5_000 }),
    ]);
    expect(gate.findToken('emr', '10.0.0.1')).toMatchObject({ name: 'emr', role: 'submitter' });
    expect(gate.findToken('other', '10.0.0.1')).toBeUndefined();
    clock.advance(5_000);
    expect(gate.findToken('emr', '10.0.0.1')).toBeUndefined();
  });

  test('a token that is added or removed counts without a restart, and both are noted', async () => {
    const { paths, gate, acts, looked } = await scene('tokens', [entry('old')]);
    await changeAccessFile(paths.access, () => [entry('new')]);
    await looked(() => gate.findToken('new', '::1') !== undefined);
    expect(gate.findToken('old', '::1')).toBeUndefined();
    expect(acts).toEqual([
      expect.objectContaining({
        by: 'node',
        action: 'tokens.changed',
        facts: { added: 'new', removed: 'old', count: 1 },
      }),
    ]);
    await rm(paths.access);
    await looked(() => gate.findToken('new', '::1') === undefined);
  });

  test('a list that cannot be read admits nobody but the operator, and says so', async () => {
    const { paths, gate, log, operator, looked } = await scene('tokens', [entry('emr')]);
    await writeFile(paths.access, 'broken');
    await looked(() => gate.findToken('emr', '::1') === undefined);
    expect(log.codes()).toContain('api.tokens-unreadable');
    expect(gate.findToken(operator, '::1')).toEqual({ name: 'operator', role: 'operator' });
  });

  test('without a token: all but the operator’s routes when open, nothing otherwise', async () => {
    expect((await scene('open')).gate.anonymous).toBe('submitter');
    expect((await scene('tokens')).gate.anonymous).toBeUndefined();
    expect((await scene('mtls')).gate.anonymous).toBeUndefined();
  });

  test('where certificates are asked for no token counts but the operator’s, on this machine', async () => {
    const { gate, operator } = await scene('mtls', [entry('emr'), entry('lab', { kind: 'certificate' })]);
    expect(gate.findToken('emr', '127.0.0.1')).toBeUndefined();
    expect(gate.findToken(operator, '10.0.0.1')).toBeUndefined();
    expect(gate.findToken(operator, '::ffff:127.0.0.1')).toMatchObject({ role: 'operator' });
    expect(gate.findCertificate(hashOf('lab'))).toMatchObject({ name: 'lab' });
    expect(gate.findCertificate(hashOf('emr'))).toBeUndefined();
  });
});

describe('where the API listens', () => {
  const api = (toml: string): Config['api'] =>
    resolveConfig({ file: { name: 'c', toml: `name = "Nord"\n[api]\n${toml}` } }).config.api;
  const check = (toml: string) => {
    const log = createEventLog();
    return refusalOf(async () => checkDoor(api(toml), log.report));
  };

  test('without anything said it is this machine, and open to it', () => {
    expect(api('')).toMatchObject({ host: '127.0.0.1', auth: 'open' });
    expect(() => checkDoor(api(''), () => {})).not.toThrow();
  });

  test('an open API that other machines reach is refused', async () => {
    for (const host of ['0.0.0.0', '10.1.2.3', '::', 'fd00::1'])
      expect(await check(`host = "${host}"`)).toMatchObject({ code: 'API_EXPOSED', data: { host } });
  });

  test('tokens without TLS that other machines reach are warned of', () => {
    const log = createEventLog();
    checkDoor(api('host = "0.0.0.0"\nauth = "tokens"'), log.report);
    expect(log.codes()).toEqual(['api.tokens-in-clear']);
  });

  test('what belongs together is given together', async () => {
    expect(await check('tls_cert = "a.pem"')).toMatchObject({ data: { setting: 'api.tls_key' } });
    expect(await check('tls_key = "a.pem"')).toMatchObject({ data: { setting: 'api.tls_cert' } });
    expect(await check('auth = "mtls"')).toMatchObject({ data: { setting: 'api.tls_cert' } });
    expect(await check('auth = "mtls"\ntls_cert = "a"\ntls_key = "b"')).toMatchObject({
      code: 'API_TLS_INVALID',
      data: { setting: 'api.client_ca' },
    });
  });

  test('a key that others can read, or that is of another certificate, is refused', async () => {
    const home = await temporaryFolder();
    const [one, other] = [createCertificate('one'), createCertificate('other')];
    await writeFile(join(home, 'cert.pem'), one.cert);
    await writeFile(join(home, 'key.pem'), one.key, { mode: 0o600 });
    const settings = api('tls_cert = "cert.pem"\ntls_key = "key.pem"');
    expect(await readTls(settings, home)).toEqual({ cert: one.cert, key: one.key });
    await chmod(join(home, 'key.pem'), 0o644);
    expect(await refusalOf(() => readTls(settings, home))).toMatchObject({ code: 'KEY_FILE_MODE' });
    await chmod(join(home, 'key.pem'), 0o600);
    await writeFile(join(home, 'key.pem'), other.key);
    expect(await refusalOf(() => readTls(settings, home))).toMatchObject({ code: 'API_TLS_INVALID' });
    await writeFile(join(home, 'key.pem'), 'no key');
    const refusal = await refusalOf(() => readTls(settings, home));
    expect(refusal).toMatchObject({ code: 'API_TLS_INVALID' });
    expect(JSON.stringify(refusal)).not.toContain('no key');
  });
});

describe('the API over TLS', () => {
  const authority = createCertificate('hospital', { authority: true });
  const server = createCertificate('node', { issuer: authority });
  const lab = createCertificate('lab', { issuer: authority });

  async function served(auth: ApiAuth, entries: readonly AccessEntry[]) {
    const { gate, operator } = await scene(auth, entries);
    const clientCa = auth === 'mtls' ? { clientCa: authority.cert } : {};
    const h = await startApi({ deps: { gate }, tls: { cert: server.cert, key: server.key, ...clientCa } });
    onTestFinished(() => h.api.stop());
    const ask = async (
      options: Parameters<typeof createSecureFetch>[0],
      path = '/v1/status',
      headers: Record<string, string> = {},
    ) => {
      const response = await createSecureFetch({ ca: authority.cert, ...options })(`${h.url}${path}`, {
        headers,
      });
      const body = (await response.json()) as Partial<Problem>;
      return body.code ?? response.status;
    };
    return { url: h.url, ask, operator };
  }

  test('answers clients that know its authority, and no others', async () => {
    const { url, ask } = await served('tokens', [entry('emr')]);
    expect(url).toMatch(/^https:/);
    expect(await ask({})).toBe('API_TOKEN_REQUIRED');
    expect(await ask({}, '/v1/status', { authorization: 'Bearer emr' })).toBe(200);
    const stranger = createCertificate('stranger', { authority: true });
    await expect(ask({ ca: stranger.cert })).rejects.toThrow();
  });

  test('answers a client that knows its very certificate, and no other certificate is taken for it', async () => {
    const { ask } = await served('tokens', [entry('emr')]);
    const headers = { authorization: 'Bearer emr' };
    expect(await ask({ pinned: server.sha256 }, '/v1/status', headers)).toBe(200);
    await expect(ask({ pinned: lab.sha256 }, '/v1/status', headers)).rejects.toMatchObject({
      code: 'NODE_ANSWER_INVALID',
    });
  });

  test('knows a client by its certificate, in its role', async () => {
    const { ask, operator } = await served('mtls', [
      entry('lab', { kind: 'certificate', sha256: lab.sha256, role: 'auditor' }),
    ]);
    const shown = { cert: lab.cert, key: lab.key };
    expect(await ask(shown)).toBe(200);
    expect(await ask(shown, '/v1/admin/log')).toBe(200);
    expect(await ask(shown, '/v1/admin/caller')).toBe('API_ROLE_MISSING');
    expect(await ask({})).toBe('API_TOKEN_REQUIRED');
    expect(await ask({}, '/v1/admin/caller', { authorization: `Bearer ${operator}` })).toBe(200);
  });

  test('a certificate that is not listed, or of another authority, is nobody', async () => {
    const { ask } = await served('mtls', [
      entry('lab', { kind: 'certificate', sha256: lab.sha256, role: 'auditor' }),
    ]);
    const other = createCertificate('other', { issuer: authority });
    expect(await ask({ cert: other.cert, key: other.key })).toBe('API_CERTIFICATE_UNKNOWN');
    const forger = createCertificate('hospital', { authority: true });
    const forged = createCertificate('lab', { issuer: forger });
    expect(await ask({ cert: forged.cert, key: forged.key })).toBe('API_TOKEN_REQUIRED');
  });
});
