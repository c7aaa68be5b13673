// Owns: how long a network without a quorum takes to its next block once the quorum is back, whatever it did meanwhile. Real
// daemons on this machine.
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { REDIAL_DELAY_MS_MAX } from '../../packages/node/src/limits.ts';
import { heightAt } from '../../packages/node/test/e2e/support/asking.ts';
import { createNetwork, type Validator } from '../../packages/node/test/e2e/support/network.ts';
import { until } from '../../packages/node/test/e2e/support/waiting.ts';
import { noop } from '../../packages/sdk/src/index.ts';
import { numberOf } from './support/options.ts';
import type { Trial } from './trial.ts';

const TOLD_EVERY_MS = 60_000;

export const trial: Trial = {
  about:
    'quorum lost for ten minutes and regained: first block within twice the base timeout plus the reconnect cap (--minutes M)',
  run: async ({ args, tell }) => {
    const { values } = parseArgs({
      args: [...args],
      options: { minutes: { type: 'string', default: '10' } },
    });
    const minutes = numberOf(values.minutes, '--minutes');
    await using network = await createNetwork();
    await network.start();
    const [north, east, south, west] = network.validators as [Validator, Validator, Validator, Validator];
    const client = network.client({ node: north.apiUrl, trustNode: true });
    await client.submit([noop()], north.signer);
    const lost = [south, west];
    await Promise.all(lost.map((each) => each.stop()));
    const before = await heightAt(north);
    // Work that keeps the rest awake: they vote in vain, again and again. Sent again, since none outlives two minutes.
    let waiting = true;
    const asking = (async (): Promise<void> => {
      while (waiting) {
        await client
          .send(client.buildTx([noop()], north.signer), { wait: 'received' })
          .catch(() => undefined);
        await delay(1_000);
      }
    })();
    for (let leftMs = minutes * 60_000; leftMs > 0; leftMs -= TOLD_EVERY_MS) {
      await delay(Math.min(leftMs, TOLD_EVERY_MS));
      tell(`height ${await heightAt(east)} after ${minutes - leftMs / 60_000 + 1} minutes`);
    }
    if ((await heightAt(north)) !== before) throw new Error('two of four made a block');
    const { propose, prevote, precommit } = network.genesis.params;
    const baseMs = propose.baseMs + prevote.baseMs + precommit.baseMs;
    const begun = performance.now();
    await Promise.all(lost.map((each) => each.start()));
    await Promise.all(
      lost.map((each) =>
        until('it answers', () =>
          heightAt(each).then(
            () => true,
            () => false,
          ),
        ),
      ),
    );
    const upMs = Math.round(performance.now() - begun);
    await until('a block', async () => (await heightAt(north)) > before, 10 * 60_000);
    const firstBlockMs = Math.round(performance.now() - begun) - upMs;
    waiting = false;
    await asking;
    const limitMs = 2 * baseMs + REDIAL_DELAY_MS_MAX;
    if (firstBlockMs > limitMs)
      throw new Error(`the first block took ${firstBlockMs} ms, more than ${limitMs} ms`);
    return { minutes, daemonsUpMs: upMs, firstBlockMs, limitMs, baseMs, reconnectCapMs: REDIAL_DELAY_MS_MAX };
  },
};
