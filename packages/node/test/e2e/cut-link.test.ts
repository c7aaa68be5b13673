import { expect, test } from 'vitest';
import { heightAt } from './support/asking.ts';
import { createLinkProxy, type LinkProxy } from './support/link-proxy.ts';
import { startLoad } from './support/load.ts';
import { createNetwork, type Validator } from './support/network.ts';
import { until } from './support/waiting.ts';

test('The link between two hospitals cut for good: commits go on at all four (real sockets).', async () => {
  await using network = await createNetwork();
  const { validators } = network;
  const [north, east, south, west] = validators as [Validator, Validator, Validator, Validator];
  const toEast = await createLinkProxy({ host: '127.0.0.1', port: east.p2pPort });
  const toNorth = await createLinkProxy({ host: '127.0.0.1', port: north.p2pPort });
  const proxies = [toEast, toNorth];
  try {
    await north.start([reach(east, toEast)]);
    await east.start([reach(north, toNorth)]);
    await Promise.all([south.start(), west.start()]);
    for (const validator of validators) await validator.ready();
    await until('a link between the two', () => isConnected(north, east));
    expect(toEast.open + toNorth.open).toBeGreaterThan(0);

    const load = startLoad(network);
    for (const validator of validators) await load.more(3, [validator]);
    for (const proxy of proxies) proxy.cut();
    await until(
      'the two to know',
      async () => !(await isConnected(north, east)) && !(await isConnected(east, north)),
    );

    const before = Math.max(...(await Promise.all(validators.map(heightAt))));
    for (const validator of validators) await load.more(10, [validator]);
    await load.stop();
    for (const validator of validators) expect(await heightAt(validator)).toBeGreaterThan(before);
    expect(await isConnected(north, east)).toBe(false);
    expect(proxies.map(({ open }) => open)).toEqual([0, 0]);
    expect(load.refused).toEqual([]);
    for (const validator of validators) expect(await validator.isReady()).toBe(true);
  } finally {
    await network.close();
    for (const proxy of proxies) await proxy.close();
  }
}, 300_000);

function reach({ name }: Validator, { address }: LinkProxy): string {
  return `peers.addresses=${name}=${address}`;
}

async function isConnected(from: Validator, to: Validator): Promise<boolean> {
  const response = await fetch(`${from.apiUrl}/v1/status`);
  const { peers } = (await response.json()) as { peers: { institution: string; connected: boolean }[] };
  return peers.some(({ institution, connected }) => institution === to.institution && connected);
}
