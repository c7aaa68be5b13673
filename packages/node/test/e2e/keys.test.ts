import { existsSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromHex, utf8 } from '@consilium/core';
import { noop } from '@consilium/sdk';
import { expect, onTestFinished, test } from 'vitest';
import { readNodeKeys } from '../../src/keys/store.ts';
import { SIGNING_RECORD_FILE } from '../../src/replica/open.ts';
import { consiliumJson } from './support/command.ts';
import { createDaemon } from './support/daemon.ts';
import { createNetwork, type Network, type Validator } from './support/network.ts';
import { freePorts } from './support/ports.ts';
import { createSignerProcess } from './support/signer.ts';
import { until } from './support/waiting.ts';

const PASSPHRASE = 'a passphrase of the night shift';

async function commit(network: Network, validator: Validator): Promise<void> {
  const client = network.client({ nodes: [validator.apiUrl] });
  expect(await client.submit([noop()], validator.signer)).toMatchObject({ state: 'committed', code: 'OK' });
}

async function reasonsOf({ metricsUrl }: Pick<Validator, 'metricsUrl'>): Promise<readonly string[]> {
  try {
    const answer = (await (await fetch(`${metricsUrl}/readyz`)).json()) as {
      reasons: { code: string; text: string }[];
    };
    return answer.reasons.map(({ code, text }) => `${code}: ${text}`);
  } catch {
    return [];
  }
}

/** As they would stand in text, in a dump or in JSON. */
function formsOf(secret: Uint8Array): readonly Buffer[] {
  const bytes = Buffer.from(secret);
  const texts = ['hex', 'base64', 'base64url'] as const;
  return [bytes, ...texts.map((form) => Buffer.from(bytes.toString(form).replace(/=+$/, '')))];
}

test('Encrypted keystore: a daemon votes with keys under a passphrase, and no secret stands in its arguments, its environment, its log or its answers', async () => {
  await using network = await createNetwork({ count: 1 });
  const [validator] = network.validators as [Validator];
  const { paths } = validator;
  const keys = await readNodeKeys(paths);
  const secrets = [...Object.values(keys).map(({ secret }) => secret.seed), utf8(PASSPHRASE)];
  const file = join(network.folder, 'passphrase');
  await writeFile(file, `${PASSPHRASE}\n`, { mode: 0o600 });
  await consiliumJson(network.folder, 'key', 'encrypt', '--home', paths.home, '--passphrase-file', file);

  await validator.start([`keys.passphrase_file=${file}`, 'log.level=debug']);
  await validator.ready();
  await commit(network, validator);
  const seen: Buffer[] = [Buffer.from(validator.log())];
  for (const name of ['environ', 'cmdline']) {
    const path = `/proc/${validator.pid}/${name}`;
    if (existsSync('/proc/self/environ')) seen.push(await readFile(path));
  }
  for (const url of [
    `${validator.metricsUrl}/metrics`,
    `${validator.apiUrl}/v1/status`,
    `${validator.apiUrl}/v1/genesis`,
  ])
    seen.push(Buffer.from(await (await fetch(url)).arrayBuffer()));
  const all = Buffer.concat(seen);
  expect(all.includes(file)).toBe(true);
  const found = secrets.flatMap(formsOf).filter((form) => all.includes(form));
  expect(found).toEqual([]);
  // The search finds what is there.
  expect(all.includes(formsOf(fromHex(validator.institution))[1] ?? '')).toBe(true);
  await validator.stop();

  await validator.start();
  expect(await validator.exited()).toMatchObject({ code: 78 });
  expect(validator.log()).toContain('KEY_FILE_ENCRYPTED');
});

test('A remote signer over a Unix socket with the same record rules: the daemon holds neither key nor record, stops signing while the signer is away, and goes on by itself', async () => {
  await using network = await createNetwork({ count: 1 });
  const [validator] = network.validators as [Validator];
  const { paths } = validator;
  await validator.start();
  await validator.ready();
  await commit(network, validator);
  await validator.stop();

  const home = join(network.folder, 'signer');
  const socket = join(network.folder, 'signer.sock');
  await consiliumJson(network.folder, 'signer', 'init', '--from', paths.home, '--home', home);
  for (const gone of [paths.validatorKey, join(paths.state, SIGNING_RECORD_FILE)])
    expect(existsSync(gone)).toBe(false);
  const signer = createSignerProcess(home, socket);
  onTestFinished(() => signer.kill());
  await signer.start();
  await validator.start([`signer.socket=${socket}`]);
  await validator.ready();
  await commit(network, validator);

  await signer.kill();
  await until('it says why it is not ready', async () =>
    (await reasonsOf(validator)).some((reason) => reason.startsWith('SIGNER_AWAY')),
  );
  // Asked for while nobody could sign it: decided when the signer is back, without a restart.
  const waiting = commit(network, validator);
  await signer.start();
  await waiting;
  await validator.ready();
  expect(validator.log()).toContain('signer.away');
  await validator.stop();
});

test('Detection of a second process with the same key: of two real daemons with copied homes at least one stops and says so, and nothing conflicting was signed', async () => {
  await using network = await createNetwork();
  const [north, east] = network.validators as [Validator, Validator];
  await network.start();
  await commit(network, east);
  await north.stop();
  const twinHome = `${north.paths.home}-copy`;
  await cp(north.paths.home, twinHome, { recursive: true });
  const [apiPort, metricsPort, p2pPort] = await freePorts(3);
  const metricsUrl = `http://127.0.0.1:${metricsPort}`;
  const twin = createDaemon({
    ...{ home: twinHome, genesisFile: network.genesisFile, logFile: `${twinHome}.log`, metricsUrl },
    apiUrl: `http://127.0.0.1:${apiPort}`,
  });
  onTestFinished(async () => {
    if (twin.running) await twin.kill();
  });
  const ports = [`api.port=${apiPort}`, `metrics.port=${metricsPort}`];
  await Promise.all([north.start(), twin.start([...ports, `p2p.listen=/ip4/127.0.0.1/tcp/${p2pPort}`])]);

  const hasStopped = async (machine: { metricsUrl: string }): Promise<boolean> =>
    (await reasonsOf(machine)).some((reason) => reason.startsWith('NOT_SIGNING: it stopped voting'));
  await until('one of the two has stopped', async () => {
    await commit(network, east);
    return (await hasStopped(north)) || (await hasStopped({ metricsUrl }));
  });
  expect(`${north.log()}${twin.log()}`).toContain('"code":"signing.foreign"');
  await commit(network, east);
  expect((await network.client().evidence()).value.count).toBe(0);
  for (const { log } of network.validators) expect(log()).not.toContain('evidence.found');
});
