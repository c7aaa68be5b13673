// Two releases in one network: the present one, and a package that knows one version of the protocol more.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PROTOCOL_VERSION_MAX } from '../../../packages/core/src/index.ts';
import { heightAt, untilAllAt } from '../../../packages/node/test/e2e/support/asking.ts';
import { forksIn, readHistory } from '../../../packages/node/test/e2e/support/history.ts';
import { type Load, startLoad } from '../../../packages/node/test/e2e/support/load.ts';
import {
  createNetwork,
  type Network,
  type Validator,
} from '../../../packages/node/test/e2e/support/network.ts';
import { votedAt } from '../../../packages/node/test/e2e/support/voting.ts';
import { approveProposal, proposeUpgrade } from '../../../packages/sdk/src/index.ts';
import { BIN_IN_PACKAGE, stage } from '../../build/stage.ts';
import { createFolder, repository } from '../support/tree.ts';

const VERSION = PROTOCOL_VERSION_MAX + 1;
/** So far above the tip that its last votes are cast while the height is still to come. */
const HEIGHTS_AHEAD = 60;

const folder = createFolder();
const next = join(folder.root, 'next');

beforeAll(() => stage(repository, next, { version: '99.0.0', protocolVersionMax: VERSION }));
afterAll(() => folder[Symbol.dispose]());

it('An upgrade between two versions with mixed nodes', async () => {
  await using network = await createNetwork();
  const [north, east, south, west] = network.validators as [Validator, Validator, Validator, Validator];
  await network.start();
  const load = startLoad(network);
  // One after the other, under load; between two of them the network is a mixed one.
  for (const validator of [north, east, south]) {
    await load.more(20);
    await replace(validator);
    await load.more(5, [validator]);
  }
  expect(await protocolOf(north)).toMatchObject({ version: PROTOCOL_VERSION_MAX, supported: VERSION });
  expect(await protocolOf(west)).toMatchObject({ supported: PROTOCOL_VERSION_MAX });

  const height = await decideUpgrade(network, [north, east, south]);

  // Who was left behind stops before the height, with the code that says why; the others go on.
  expect(await west.exited()).toEqual({ code: 1, signal: null });
  for (const code of ['upgrade.unsupported', 'upgrade.stopped', 'PROTOCOL_UNSUPPORTED'])
    expect(west.log()).toContain(`"${code}"`);
  await load.more(20);
  expect((await network.client({ node: north.apiUrl }).block(height)).block.header.version).toBe(VERSION);
  await west.start();
  expect(await west.exited()).toEqual({ code: 1, signal: null });
  // After its own upgrade it catches up, votes and acknowledges.
  west.install(join(next, BIN_IN_PACKAGE));
  await west.start();
  await votedAt(west);
  await load.more(5, [west]);
  await load.stop();

  await expectNothingLost(network, load, height);
}, 240_000);

async function replace(validator: Validator): Promise<void> {
  expect(await validator.stop()).toEqual({ code: 0, signal: null });
  validator.install(join(next, BIN_IN_PACKAGE));
  await validator.start();
  await votedAt(validator);
}

async function protocolOf({ apiUrl }: Validator): Promise<unknown> {
  return ((await (await fetch(`${apiUrl}/v1/status`)).json()) as { protocol: unknown }).protocol;
}

/** Gives the height. */
async function decideUpgrade(
  network: Network,
  [first, ...others]: readonly [Validator, ...Validator[]],
): Promise<number> {
  const height = (await heightAt(first)) + HEIGHTS_AHEAD;
  const client = network.client();
  const proposed = await client.submit([proposeUpgrade(VERSION, height)], first.signer);
  const proposal = proposed.state === 'committed' ? (proposed.outcomes[0]?.id ?? '') : '';
  for (const { signer } of others) await client.submit([approveProposal(proposal)], signer);
  expect(await protocolOf(first)).toMatchObject({ upgrade: { version: VERSION, height } });
  return height;
}

async function expectNothingLost(
  { validators, genesis }: Network,
  load: Load,
  height: number,
): Promise<void> {
  expect(load.refused).toEqual([]);
  const last = Math.max(...load.acknowledged.map((one) => one.height));
  expect(last).toBeGreaterThan(height);
  await untilAllAt(validators, last);
  for (const validator of validators) await validator.stop();
  const histories = await Promise.all(validators.map((validator) => readHistory(validator, genesis)));
  for (const { name, heightOf, blocks } of histories) {
    const lost = load.acknowledged.filter((one) => heightOf.get(one.id) !== one.height);
    expect(lost, `acknowledged and not in the store of ${name}`).toEqual([]);
    const first = blocks.find(({ header }) => header.version === VERSION);
    expect(first?.header.height, `the first block of the new version at ${name}`).toBe(height);
  }
  expect(forksIn(histories), 'heights with two blocks').toEqual([]);
}
