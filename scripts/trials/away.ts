// Owns: how long a node that was away for some minutes of load takes until it has caught up. Real daemons on this machine.
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { heightAt } from '../../packages/node/test/e2e/support/asking.ts';
import { createNetwork, type Network, type Validator } from '../../packages/node/test/e2e/support/network.ts';
import { until } from '../../packages/node/test/e2e/support/waiting.ts';
import { noop } from '../../packages/sdk/src/index.ts';
import { measureAppliedBlocks } from './support/applied-blocks.ts';
import { numberOf } from './support/options.ts';
import type { Trial } from './trial.ts';

const CAUGHT_UP_SECONDS_MAX = 10;
const TOLD_EVERY_MS = 60_000;

export const trial: Trial = {
  about:
    'ten minutes away: caught up < 10 s (--minutes M, --rate transactions a second; ten minutes and a half). --applied N: ' +
    'only how fast one node takes over N small blocks, in this process',
  run: async ({ args, tell }) => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        minutes: { type: 'string', default: '10' },
        rate: { type: 'string', default: '20' },
        applied: { type: 'string' },
      },
    });
    if (values.applied !== undefined)
      return { ...(await measureAppliedBlocks(numberOf(values.applied, '--applied'))) };
    const [minutes, rate] = [numberOf(values.minutes, '--minutes'), numberOf(values.rate, '--rate')];
    await using network = await createNetwork();
    await network.start();
    const [north, east, south, away] = network.validators as [Validator, Validator, Validator, Validator];
    const load = sendSteadily(network, [north, east, south], rate);
    await until('a first block', async () => (await heightAt(away)) > 0);
    const leftAt = await heightAt(away);
    await away.stop();
    for (let leftMs = minutes * 60_000; leftMs > 0; leftMs -= TOLD_EVERY_MS) {
      await delay(Math.min(leftMs, TOLD_EVERY_MS));
      tell(`height ${await heightAt(north)}`);
    }
    const goal = await heightAt(north);
    const begun = performance.now();
    await away.start();
    await until('caught up', async () => (await heightAt(away).catch(() => 0)) >= goal);
    const caughtUpSeconds = secondsSince(begun);
    await away.ready();
    const readySeconds = secondsSince(begun);
    const transactions = await load.stop();
    const blocks = goal - leftAt;
    if (caughtUpSeconds > CAUGHT_UP_SECONDS_MAX)
      throw new Error(`${blocks} blocks took ${caughtUpSeconds} s, more than ${CAUGHT_UP_SECONDS_MAX} s`);
    return { minutes, ratePerSecond: rate, transactions, blocks, caughtUpSeconds, readySeconds };
  },
};

interface Sending {
  /** Gives how many were committed. */
  stop(): Promise<number>;
}

/** Each at its own time, at one node after the other. */
function sendSteadily(network: Network, at: readonly Validator[], perSecond: number): Sending {
  const senders = at.map(({ apiUrl, signer }) => ({
    client: network.client({ node: apiUrl, trustNode: true }),
    signer,
  }));
  const underWay = new Set<Promise<void>>();
  let stopped = false;
  let committed = 0;
  let failed: unknown;
  const run = async (): Promise<void> => {
    const begun = performance.now();
    for (let count = 0; !stopped && failed === undefined; count += 1) {
      const { client, signer } = senders[count % senders.length] as (typeof senders)[number];
      const sending: Promise<void> = client
        .submit([noop()], signer)
        .then(() => {
          committed += 1;
        })
        .catch((error: unknown) => {
          failed ??= error;
        })
        .finally(() => underWay.delete(sending));
      underWay.add(sending);
      const waitMs = begun + ((count + 1) * 1_000) / perSecond - performance.now();
      if (waitMs > 0) await delay(waitMs);
    }
  };
  const running = run();
  return {
    stop: async () => {
      stopped = true;
      await running;
      await Promise.all(underWay);
      if (failed !== undefined) throw failed;
      return committed;
    },
  };
}

function secondsSince(begun: number): number {
  return Math.round((performance.now() - begun) / 100) / 10;
}
