import { expect, test } from 'vitest';
import { heightAt, untilAllAt } from './support/asking.ts';
import { conflictsIn, forksIn, readHistory } from './support/history.ts';
import { type Acknowledged, type Load, startLoad } from './support/load.ts';
import { slowness } from './support/machine.ts';
import { createNetwork, type Network, type Validator } from './support/network.ts';
import { votedAt } from './support/voting.ts';
import { until } from './support/waiting.ts';

/** From the start of a process to its first vote, on a machine that does nothing else. */
const VOTING_MS_MAX = 5_000;

test('kill -9 of any one validator under load: nothing acknowledged is lost, the others go on, it catches up. All four at once, restarted: one chain, nothing acknowledged lost, no conflicting signatures, voting within 5 s.', async ({
  annotate,
}) => {
  await using network = await createNetwork();
  const { validators } = network;
  await network.start();
  const load = startLoad(network);
  await load.more(20);

  for (const victim of validators) await killOne(validators, load, victim);
  const { tookMs, slownessBefore } = await killAll(validators);
  await load.more(20);

  await load.stop();
  const slowed = Math.max(slownessBefore, await slowness());
  await untilAllAt(validators, heightOf(load));
  await expectShownByAll(network, load.acknowledged.slice(-20));
  expect((await network.client().evidence()).value.count).toBe(0);
  for (const validator of validators) expect(await validator.stop()).toEqual({ code: 0, signal: null });

  const histories = await Promise.all(validators.map((validator) => readHistory(validator, network.genesis)));
  expect(load.refused).toEqual([]);
  for (const { signed } of histories) expect(signed.length).toBeGreaterThan(3 * heightOf(load));
  for (const { name, heightOf } of histories) {
    const lost = load.acknowledged.filter(({ id, height }) => heightOf.get(id) !== height);
    expect(lost, `acknowledged and not in the store of ${name}`).toEqual([]);
  }
  expect(forksIn(histories), 'heights with two blocks').toEqual([]);
  expect(conflictsIn(histories), 'places with two signatures').toEqual([]);
  const measured = `voted after ${tookMs.join(', ')} ms on a machine ${slowed.toFixed(1)} times slower than free`;
  await annotate(measured);
  expect(Math.max(...tookMs) / slowed, measured).toBeLessThan(VOTING_MS_MAX);
}, 600_000);

/** The others acknowledge while it is down; back again, it reaches what they had, and votes and acknowledges. */
async function killOne(validators: readonly Validator[], load: Load, victim: Validator): Promise<void> {
  await victim.kill();
  await load.more(
    20,
    validators.filter((validator) => validator !== victim),
  );
  const reached = heightOf(load);
  await victim.start();
  await votedAt(victim);
  await load.more(5, [victim]);
  await until(`${victim.name} caught up`, async () => (await heightAt(victim)) >= reached);
}

/** How long each took from the start of its process to its first vote, and how slow the machine was just before. */
async function killAll(
  validators: readonly Validator[],
): Promise<{ tookMs: readonly number[]; slownessBefore: number }> {
  await Promise.all(validators.map((validator) => validator.kill()));
  const slownessBefore = await slowness();
  await Promise.all(validators.map((validator) => validator.start()));
  const tookMs = await Promise.all(
    validators.map(async (validator) => Math.round((await votedAt(validator)) - validator.startedAtMs)),
  );
  return { tookMs, slownessBefore };
}

function heightOf({ acknowledged }: Load): number {
  return Math.max(...acknowledged.map(({ height }) => height));
}

async function expectShownByAll(network: Network, acknowledged: readonly Acknowledged[]): Promise<void> {
  for (const { apiUrl } of network.validators) {
    const client = network.client({ node: apiUrl });
    for (const { id, height } of acknowledged)
      expect(await client.tx(id)).toMatchObject({ state: 'committed', height, code: 'OK' });
  }
}
