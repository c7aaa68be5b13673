import { cp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isConsiliumError, verifyEd25519 } from '@consilium/core';
import { createClient, noop, parseKeyFile, signerOf } from '@consilium/sdk';
import { expect, onTestFinished, test } from 'vitest';
import { systemRandom } from '../../src/crypto/system-random.ts';
import { type RunningNode, startNode } from '../../src/daemon/start-node.ts';
import { homePaths } from '../../src/files/home.ts';
import { COUNTERS, GAUGES, HISTOGRAMS } from '../../src/observe/metric-table.ts';
import { createGenesisFile, readGenesis } from '../../src/setup/genesis.ts';
import { initHome } from '../../src/setup/init.ts';
import { temporaryFolder } from '../unit/support/temporary-folder.ts';

const FREE_PORTS = { 'p2p.listen': '/ip4/127.0.0.1/tcp/0', 'api.port': '0', 'metrics.port': '0' };

async function ownVersion(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

async function homeOfOne(): Promise<{ home: string; genesisFile: string }> {
  const folder = await temporaryFolder();
  const home = join(folder, 'nord');
  const { paths } = await initHome({ home, name: 'Nord', listen: ['127.0.0.1:4100'] }, systemRandom);
  const genesisFile = join(folder, 'genesis.json');
  await createGenesisFile({ chainId: 'one', cards: [paths.validatorCard], out: genesisFile }, verifyEd25519);
  return { home, genesisFile };
}

function start(home: string, genesisFile?: string): Promise<RunningNode> {
  const flags = { ...FREE_PORTS, 'log.file': 'node.log', 'log.level': 'debug' };
  return startNode({ home, ...(genesisFile === undefined ? {} : { genesisFile }), environment: {}, flags });
}

test('a running daemon shows metrics and health, logs to its file, and a second one is refused', async () => {
  const { home, genesisFile } = await homeOfOne();
  const node = await start(home, genesisFile);
  onTestFinished(() => node.stop());
  const metrics = await (await fetch(`${node.metricsUrl}/metrics`)).text();
  expect(metrics).toContain(
    `consilium_info{version="${await ownVersion()}",chain_id="one",institution="Nord"} 1`,
  );
  expect(metrics).toContain('consilium_height 0');
  expect(metrics).toContain('consilium_validators 1');
  expect(metrics).toContain('consilium_signing{state="signing"} 1');
  expect(metrics).toContain('consilium_events_total{level="info",code="node.started"} 1');
  const ready = await fetch(`${node.metricsUrl}/readyz`);
  expect([ready.status, await ready.json()]).toEqual([200, { ready: true, reasons: [] }]);
  expect((await fetch(`${node.metricsUrl}/livez`)).status).toBe(200);
  for (const name of Object.keys({ ...GAUGES, ...COUNTERS, ...HISTOGRAMS }))
    expect(metrics, name).toContain(`# TYPE ${name} `);
  for (const sample of ['consilium_quorum_validators 1', 'consilium_validator_connected{validator="Nord"} 1'])
    expect(metrics).toContain(sample);
  expect(metrics).toMatch(/consilium_disk_free_bytes [1-9]/);

  const second = await start(home).catch((error: unknown) => error);
  expect(isConsiliumError(second, 'STORE_LOCKED') && second.data['pid']).toBe(process.pid);

  await node.stop();
  const log = await readFile(join(home, 'node.log'), 'utf8');
  expect(log).toContain('"code":"node.started"');
  const token = (await readFile(homePaths(home).operatorToken, 'utf8')).trim();
  expect(log).not.toContain(token);
  for (const file of (await readdir(homePaths(home).keys)).filter((name) => name.endsWith('.json'))) {
    const { seed } = JSON.parse(await readFile(join(home, 'keys', file), 'utf8')) as { seed: string };
    expect(log).not.toContain(seed);
    expect(metrics).not.toContain(seed);
  }

  const again = await start(home);
  onTestFinished(() => again.stop());
  expect((await fetch(`${again.metricsUrl}/readyz`)).status).toBe(200);
});

test('a home made from a copy of its keys watches before it signs, until its operator ends that', async () => {
  const { home, genesisFile } = await homeOfOne();
  await (await start(home, genesisFile)).stop();
  const { state, data } = homePaths(home);
  for (const lost of [state, data]) await rm(lost, { recursive: true });

  const restored = await start(home);
  onTestFinished(() => restored.stop());
  const probe = async (node: RunningNode) => (await fetch(`${node.metricsUrl}/readyz`)).json();
  expect(await probe(restored)).toMatchObject({ ready: false, reasons: [{ code: 'NOT_SIGNING' }] });
  await restored.stop();

  const flags = { ...FREE_PORTS, 'log.file': 'node.log' };
  const ended = await startNode({ home, environment: {}, flags, endObservation: 1 });
  onTestFinished(() => ended.stop());
  expect(await probe(ended)).toEqual({ ready: true, reasons: [] });
});

test('a home whose signing record was brought back from an old copy watches: the chain holds a later vote', async () => {
  const { home, genesisFile } = await homeOfOne();
  const { state, accountKey } = homePaths(home);
  const signer = signerOf(parseKeyFile(await readFile(accountKey, 'utf8')));
  const commit = async (node: RunningNode): Promise<void> => {
    const genesis = await readGenesis(genesisFile, verifyEd25519);
    const client = createClient({ node: node.apiUrl, genesis });
    expect(await client.submit([noop()], signer)).toMatchObject({ state: 'committed' });
  };
  const first = await start(home, genesisFile);
  await commit(first);
  await first.stop();
  await cp(state, `${state}.old`, { recursive: true });

  const second = await start(home);
  await commit(second);
  await commit(second);
  await second.stop();
  await rm(state, { recursive: true });
  await rename(`${state}.old`, state);

  const restored = await start(home);
  onTestFinished(() => restored.stop());
  expect(await (await fetch(`${restored.metricsUrl}/readyz`)).json()).toMatchObject({
    ready: false,
    reasons: [{ code: 'NOT_SIGNING' }],
  });
  await restored.stop();
  expect(await readFile(join(home, 'node.log'), 'utf8')).toMatch(/"signing.observing".*"reason":"behind"/);
});
