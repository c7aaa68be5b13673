// Owns: how long a hospital's vote is away when its process is killed and started again, alone and with all others, under
// load: plain milliseconds of this machine. Does not own: that nothing is lost by it (packages/node/test/e2e/kill.test.ts).
import { type Load, startLoad } from '../../packages/node/test/e2e/support/load.ts';
import { createNetwork, type Validator } from '../../packages/node/test/e2e/support/network.ts';
import { votedAt } from '../../packages/node/test/e2e/support/voting.ts';
import type { Trial } from './trial.ts';

const VOTING_MS_MAX = 5_000;
const TIMES_ALL = 3;
/** Acknowledged between two kills, so that each finds the network at work. */
const TXS_BETWEEN = 20;

export const trial: Trial = {
  about: 'restart to voting < 5 s: each of four daemons killed and started alone, then all at once; a minute',
  run: async ({ tell }) => {
    await using network = await createNetwork();
    await network.start();
    const load = startLoad(network);
    const aloneMs: number[] = [];
    for (const validator of network.validators) {
      aloneMs.push(...(await restart([validator], load)));
      tell(`${validator.name} voted ${aloneMs.at(-1)} ms after its start`);
    }
    const togetherMs: number[] = [];
    for (let time = 0; time < TIMES_ALL; time += 1) {
      const took = await restart(network.validators, load);
      togetherMs.push(Math.max(...took));
      tell(`all four at once voted after ${took.join(', ')} ms`);
    }
    await load.stop();
    const figures = { aloneMs, togetherMs, boundMs: VOTING_MS_MAX };
    if (Math.max(...aloneMs, ...togetherMs) >= VOTING_MS_MAX) throw new Error(JSON.stringify(figures));
    return figures;
  },
};

/** From the start of each process to its first vote. */
async function restart(validators: readonly Validator[], load: Load): Promise<readonly number[]> {
  await load.more(TXS_BETWEEN);
  await Promise.all(validators.map((validator) => validator.kill()));
  await Promise.all(validators.map((validator) => validator.start()));
  return Promise.all(
    validators.map(async (validator) => Math.round((await votedAt(validator)) - validator.startedAtMs)),
  );
}
