// Owns: a drawn scenario that both worlds can play: faults follow each other with room between them, so that a live network
// of real processes makes blocks meanwhile. Does not own: the swarm of the simulator (draw.ts).
import { createPrng, type Prng } from '@consilium/sim';
import { FAULTS } from '../faults/catalogue.ts';
import { HEIGHTS_AFTER_HEALING_DEFAULT } from '../limits.ts';
import { namesOf } from '../scenario/parse.ts';
import type { Scenario, Step, Target } from '../scenario/scenario.ts';

const NODES = 4;
/** From the end of one fault to the begin of the next. Milliseconds. */
const PAUSE = [1_000, 5_000] as const;
const LENGTH = [1_000, 8_000] as const;
const LIVENESS_MS = 30_000;

/** Faults of one hospital at a time, which the network bears. */
const CLASSES: readonly string[] = ['process', 'network', 'clock'];
const DRAWABLE = FAULTS.filter(
  ({ class: ofClass, sim, devnet, faulty, name }) =>
    CLASSES.includes(ofClass) && sim === true && devnet === true && !faulty && name !== 'crash-point',
);

export function drawLive(seed: number, durationMs: number): Scenario {
  const prng = createPrng(seed, 'live');
  const steps: Step[] = [];
  const founders = namesOf(NODES, 0);
  for (let atMs = prng.between(...PAUSE); atMs < durationMs - LENGTH[1]; ) {
    const forMs = prng.between(...LENGTH);
    steps.push(drawStep(prng, atMs, forMs, prng.pick(founders)));
    atMs += forMs + prng.between(...PAUSE);
  }
  return {
    name: `random-${seed}`,
    why: 'Drawn from its seed.',
    ...{ seed, nodes: NODES, guests: 0, setChanges: false, durationMs, heights: 1 },
    workload: { kind: 'noop', rate: 20, clients: 4, pause: 0 },
    steps,
    expect: {
      heightsAfter: HEIGHTS_AFTER_HEALING_DEFAULT,
      livenessWithinMs: LIVENESS_MS,
      sometimes: [],
      evidence: [],
      stall: false,
      violation: undefined,
    },
  };
}

function drawStep(prng: Prng, atMs: number, forMs: number, target: string): Step {
  const { name, params } = prng.pick(DRAWABLE);
  const whom: Target = prng.chance(0.2) ? 'proposer' : [target];
  return {
    trigger: { kind: 'time', atMs },
    everyMs: undefined,
    probability: 1,
    fault: name,
    target: whom,
    forMs,
    params: Object.fromEntries(params.map((spec) => [spec.name, spec.default])),
  };
}
