// Owns: power cuts of real daemons, one or all at once, at random moments under load: each write that was not synced is lost
// with the process. Every checker of the fault kit watches. Does not own: the devnet, the faults, the checkers.
import { parseArgs } from 'node:util';
import { runOnDevnet } from '../../packages/chaos/src/devnet-world/run.ts';
import type { Scenario, Step } from '../../packages/chaos/src/scenario/scenario.ts';
import { createPrng } from '../../packages/sim/src/world/prng.ts';
import { numberOf } from './support/options.ts';
import type { Trial } from './trial.ts';

/** Of one network, which then heals and is judged; the next begins anew. */
const CUTS_PER_RUN = 20;
const LIVENESS_MS = 60_000;

export const trial: Trial = {
  about:
    'power cuts at random moments, 200 of them (--cuts N, --seed N): nothing acknowledged is lost, nothing is signed twice (15 minutes)',
  run: async ({ args, tell }) => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        cuts: { type: 'string', default: '200' },
        seed: { type: 'string', default: String(1 + (Date.now() % 1_000_000)) },
      },
    });
    const [cuts, seed] = [numberOf(values.cuts, '--cuts'), numberOf(values.seed, '--seed')];
    tell(`seed ${seed}`);
    const sum = { cuts: 0, heights: 0, acknowledged: 0 };
    for (let run = 0; sum.cuts < cuts; run += 1) {
      const scenario = cutsScenario(seed + run, Math.min(CUTS_PER_RUN, cuts - sum.cuts));
      const { verdict, writes } = await runOnDevnet(scenario);
      if (verdict.outcome !== 'pass')
        throw new Error(`seed ${scenario.seed}: ${verdict.outcome} ${JSON.stringify(verdict.violations)}`);
      sum.cuts += scenario.steps.length;
      sum.heights += verdict.heights;
      sum.acknowledged += writes.filter(({ outcome }) => outcome === 'ok').length;
      tell(`${sum.cuts} cuts, ${sum.heights} blocks, ${sum.acknowledged} acknowledged`);
    }
    return { seed, ...sum };
  },
};

function cutsScenario(seed: number, cuts: number): Scenario {
  const prng = createPrng(seed, 'power cuts');
  const steps: Step[] = [];
  let atMs = 1_000;
  for (let cut = 0; cut < cuts; cut += 1) {
    const forMs = prng.between(100, 1_500);
    steps.push({
      trigger: { kind: 'time', atMs },
      everyMs: undefined,
      probability: 1,
      fault: 'power-cut',
      target: prng.chance(0.3) ? 'all' : 'one',
      forMs,
      params: {},
    });
    atMs += forMs + prng.between(200, 2_500);
  }
  return {
    name: `power-cuts-${seed}`,
    why: 'Power fails at random moments, on one machine or on all.',
    ...{ seed, nodes: 4, guests: 0, setChanges: false, durationMs: atMs, heights: 0 },
    workload: { kind: 'noop', rate: 20, clients: 6, pause: 0 },
    steps,
    expect: {
      heightsAfter: 10,
      livenessWithinMs: LIVENESS_MS,
      sometimes: [],
      evidence: [],
      stall: false,
      violation: undefined,
    },
  };
}
