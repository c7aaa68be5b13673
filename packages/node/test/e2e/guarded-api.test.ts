import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createSecureFetch } from '../../../sdk/src/node-only/secure-fetch.ts';
import { createCertificate } from '../support/certificates.ts';
import { consiliumJson } from './support/command.ts';
import { createNetwork, type Validator } from './support/network.ts';
import { until } from './support/waiting.ts';

test('A daemon that other machines would reach openly does not start; with TLS and tokens it serves who has one, until the token is removed, and says in its admin log what happened.', async () => {
  await using network = await createNetwork({ count: 1 });
  const [north] = network.validators as [Validator];
  const { home } = north.paths;
  await north.start(['api.host=0.0.0.0']);
  expect((await north.exited()).code).toBe(78);
  expect(north.log()).toContain('API_EXPOSED');

  const { cert, key, sha256 } = createCertificate('north');
  await writeFile(join(home, 'tls.pem'), cert);
  await writeFile(join(home, 'tls.key'), key, { mode: 0o600 });
  await north.start(['api.auth=tokens', 'api.tls_cert=tls.pem', 'api.tls_key=tls.key']);
  await north.ready();
  const words = ['token', 'add', '--home', home, '--role', 'reader', '--name', 'lab'];
  const { token } = await consiliumJson<{ token: string }>(home, ...words);
  const fetch = createSecureFetch({ pinned: sha256 });
  const url = `${north.apiUrl.replace('http:', 'https:')}/v1/status`;
  const status = async (): Promise<number> =>
    (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status;
  await until(
    () => 'the token counts',
    async () => (await status()) === 200,
  );
  expect((await fetch(url, {})).status).toBe(401);
  await consiliumJson(home, 'token', 'remove', '--home', home, '--name', 'lab');
  await until(
    () => 'the token is refused',
    async () => (await status()) === 401,
  );
  await north.stop();
  const { lines } = await consiliumJson<{ lines: readonly { readonly facts: object }[] }>(
    home,
    'node',
    'admin-log',
    'show',
    '--home',
    home,
  );
  expect(lines.map(({ facts }) => facts)).toMatchObject([{ added: 'lab' }, { removed: 'lab' }]);
  expect(await consiliumJson(home, 'node', 'admin-log', 'verify', '--home', home)).toMatchObject({
    last: 2,
    breaks: 0,
  });
  expect(north.log()).not.toContain(token);
}, 120_000);
