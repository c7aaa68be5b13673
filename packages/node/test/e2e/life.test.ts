import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { consilium } from './support/command.ts';
import { startLoad } from './support/load.ts';
import { createNetwork, type Network, type Validator } from './support/network.ts';
import { votedAt } from './support/voting.ts';
import { until } from './support/waiting.ts';

let network: Network;
let north: Validator;
let others: readonly Validator[];

beforeAll(async () => {
  network = await createNetwork();
  const [first, ...rest] = network.validators as [Validator, ...Validator[]];
  [north, others] = [first, rest];
  await network.start();
});

afterAll(() => network.close());

describe('the daemon of a hospital', () => {
  test('describes its API, and names what there is', async () => {
    const description = (await (await fetch(`${north.apiUrl}/openapi.json`)).json()) as {
      openapi: string;
      paths: Record<string, unknown>;
    };
    expect(description.openapi).toMatch(/^3\.1\./);
    const root = (await (await fetch(north.apiUrl)).json()) as { routes: { path: string }[] };
    expect(Object.keys(description.paths).sort()).toEqual(
      [...new Set(root.routes.map(({ path }) => path))].sort(),
    );
  });

  test('keeps its home to itself: a second one is refused and names it', async () => {
    const second = await consilium(network.folder, 'node', 'start', '--home', north.paths.home);
    expect(second).toMatchObject({ stdout: '' });
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(/^STORE_LOCKED: .*\n$/);
    expect(second.stderr).toContain(String(north.pid));
    expect(await north.isReady()).toBe(true);
  });

  test('is not ready without a quorum in reach, says why, and is again with one', async () => {
    const [east, south] = others as [Validator, Validator];
    await Promise.all([east.kill(), south.kill()]);
    await until('north to notice', async () => !(await north.isReady()));
    expect(await readinessCodes(north)).toEqual(['QUORUM_UNREACHABLE']);
    expect((await fetch(`${north.metricsUrl}/readyz`)).status).toBe(503);
    expect((await fetch(`${north.metricsUrl}/livez`)).status).toBe(200);
    await east.start();
    await north.ready();
    await south.start();
    await south.ready();
  });

  // Past 10 s it would end itself by force, and not with 0.
  test('stops within 10 s on SIGTERM, whoever listens to it', async () => {
    const streams = await Promise.all(
      Array.from({ length: 3 }, () =>
        fetch(`${north.apiUrl}/v1/events`, { headers: { accept: 'text/event-stream' } }),
      ),
    );
    expect(streams.map(({ status }) => status)).toEqual([200, 200, 200]);
    const ends = streams.map((stream) => stream.text());
    expect(await north.stop()).toEqual({ code: 0, signal: null });
    await Promise.all(ends);
    await expect(fetch(north.apiUrl)).rejects.toThrow();
  });

  test('refuses an unknown key of its configuration with the line and what was meant, and starts without it', async () => {
    const { config, home } = north.paths;
    const written = await readFile(config, 'utf8');
    await appendFile(config, 'status_mss = 3000\n');
    const line = written.split('\n').length;
    const refused = await consilium(network.folder, 'node', 'start', '--home', home);
    expect(refused.code).toBe(78);
    expect(refused.stderr).toMatch(/^CONFIG_KEY_UNKNOWN: .*\n$/);
    expect(refused.stderr).toContain(`line: ${line}`);
    expect(refused.stderr).toContain('status_ms');
    await writeFile(config, written);
    await north.start();
    await north.ready();
  });

  test('watches before it votes when it was brought back from a backup, which has no signing record', async () => {
    const load = startLoad(network, others);
    await load.more(5);
    await north.kill();
    await Promise.all([north.paths.data, north.paths.state].map((folder) => rm(folder, { recursive: true })));
    await north.start();
    await until('north to watch', async () => (await readinessCodes(north)).includes('NOT_SIGNING'));
    await votedAt(north);
    await load.more(5);
    await load.stop();
    await north.ready();
    expect(north.log()).toMatch(/"code":"signing.observing".*"reason":"missing"/);
    expect(north.log()).toContain('"code":"signing.observed"');
    expect((await network.client().evidence()).value.count).toBe(0);
  });
});

async function readinessCodes({ metricsUrl }: Validator): Promise<string[]> {
  try {
    const { reasons } = (await (await fetch(`${metricsUrl}/readyz`)).json()) as {
      reasons: { code: string }[];
    };
    return reasons.map(({ code }) => code);
  } catch {
    return [];
  }
}
