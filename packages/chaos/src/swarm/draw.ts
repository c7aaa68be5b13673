// Owns: what a seed of the swarm is: a scenario drawn from it, with everything mixed and at most as many hospitals bad as
// the network bears. A scenario like any other: it can be written down, replayed and shrunk.
import { faultyMax, SAFE_SET_COUNT } from '@consilium/core';
import { createPrng, type Prng, type SignatureKind } from '@consilium/sim';
import { FAULTS } from '../faults/catalogue.ts';
import { CRASH_POINTS } from '../faults/crash-points.ts';
import type { FaultEntry, ParamSpec } from '../faults/entry.ts';
import type { FaultName } from '../faults/names.ts';
import { HEIGHTS_AFTER_HEALING_DEFAULT, LIVENESS_MS_DEFAULT, SWARM_HEIGHTS_DEFAULT } from '../limits.ts';
import { namesOf } from '../scenario/parse.ts';
import type { ParamValue, Scenario, Step, Target, Workload } from '../scenario/scenario.ts';

/** Faults are drawn for so long; a run whose heights have not come by then goes on without new ones. */
const DRAWN_MS = 90_000;
/** One seed in so many runs real Ed25519. */
const REAL_KEYS_EVERY = 100;

export function signaturesOf(seed: number): SignatureKind {
  return seed % REAL_KEYS_EVERY === 0 ? 'real' : 'fast';
}

/**
 * `heights`: under faults. A short run is a long one made shorter: its faults come faster and last less long, by the root of
 * what is missing, since what a timer of agreement takes does not shrink with them.
 */
export function drawScenario(seed: number, heights: number = SWARM_HEIGHTS_DEFAULT): Scenario {
  const pace = Math.sqrt(Math.min(1, heights / SWARM_HEIGHTS_DEFAULT));
  const prng = createPrng(seed, 'scenario');
  const drawn = drawFounders(prng, signaturesOf(seed));
  const setChanges = prng.chance(0.2);
  // Who joins has to catch up first, which takes longer than a short run; who leaves a set that is large enough just goes.
  const nodes = setChanges && pace < 1 ? Math.max(drawn, SAFE_SET_COUNT + 1) : drawn;
  const guests = setChanges ? prng.between(1, 2) : 0;
  // A set that shrinks bears fewer of them: it never falls below four, which bear one.
  const bearable = setChanges ? 1 : faultyMax(nodes);
  // Of the founders that a long run would have: its faults are the same.
  const founders = namesOf(drawn, 0);
  const bad = prng.chance(0.35) ? founders.slice(drawn - prng.between(1, bearable)) : [];
  const steps = [
    ...drawPassing(prng.fork('passing'), founders, pace),
    ...bad.flatMap((name) => drawBad(prng, name, pace)),
  ];
  return {
    name: `seed-${seed}`,
    why: 'Drawn from its seed.',
    ...{ seed, nodes, guests, setChanges },
    durationMs: 0,
    heights,
    workload: drawWorkload(prng.fork('workload'), nodes),
    steps: steps.toSorted((a, b) => atMs(a) - atMs(b)),
    expect: {
      heightsAfter: heightsAfter(heights),
      livenessWithinMs: LIVENESS_MS_DEFAULT,
      sometimes: [],
      evidence: [],
      stall: false,
      violation: undefined,
    },
  };
}

/** A quarter of them; a long run needs no more than lets everybody propose twice. */
function heightsAfter(heights: number): number {
  return Math.min(HEIGHTS_AFTER_HEALING_DEFAULT, Math.ceil(heights / 4));
}

/** Votes grow with the square: most seeds run the smallest network that bears a fault. */
function drawFounders(prng: Prng, signatures: SignatureKind): number {
  return signatures === 'fast' && prng.chance(0.1) ? prng.between(5, 7) : 4;
}

/** Sealed records cost a run several times as much as plain transactions: one seed in eight has them. */
function drawWorkload(prng: Prng, nodes: number): Workload {
  if (nodes === 4 && prng.chance(0.125)) return { kind: 'records', rate: 5, clients: 1, pause: 0 };
  return { kind: 'noop', rate: 7, clients: 1, pause: 0.03 };
}

type Length = readonly [minMs: number, maxMs: number];

interface Drawn {
  readonly fault: FaultName;
  readonly weight: number;
  readonly lengthMs: Length;
  readonly target?: (prng: Prng, founders: readonly string[]) => Target;
}

const some = (prng: Prng, founders: readonly string[]): Target => {
  const drawn = founders.filter(() => prng.chance(0.5));
  return drawn.length === 0 ? 'one' : drawn;
};
const everyone = (): Target => 'all';

const DOWN: Length = [20, 4_000];
const APART: Length = [100, 6_000];
const BAD: Length = [500, 8_000];

/** Faults that any hospital may suffer, all at once too: they cost time, and nothing else. */
const PASSING: readonly Drawn[] = [
  { fault: 'kill', weight: 4, lengthMs: DOWN },
  { fault: 'kill', weight: 1, lengthMs: DOWN, target: everyone },
  { fault: 'power-cut', weight: 4, lengthMs: DOWN },
  { fault: 'power-cut', weight: 2, lengthMs: DOWN, target: everyone },
  { fault: 'crash-point', weight: 3, lengthMs: DOWN },
  { fault: 'torn-write', weight: 1, lengthMs: DOWN },
  { fault: 'freeze', weight: 2, lengthMs: DOWN },
  { fault: 'restart', weight: 1, lengthMs: DOWN },
  { fault: 'isolate', weight: 3, lengthMs: APART },
  { fault: 'isolate', weight: 1, lengthMs: APART, target: () => 'proposer' },
  { fault: 'halves', weight: 2, lengthMs: APART },
  { fault: 'ring', weight: 1, lengthMs: APART },
  { fault: 'bridge', weight: 1, lengthMs: APART },
  { fault: 'one-way', weight: 3, lengthMs: APART },
  { fault: 'flapping', weight: 1, lengthMs: APART },
  { fault: 'disconnect', weight: 2, lengthMs: APART, target: some },
  { fault: 'reset', weight: 1, lengthMs: APART, target: some },
  { fault: 'stall', weight: 1, lengthMs: APART },
  { fault: 'delay', weight: 1, lengthMs: BAD, target: some },
  { fault: 'jitter', weight: 2, lengthMs: BAD, target: some },
  { fault: 'bandwidth', weight: 1, lengthMs: BAD },
  { fault: 'drop', weight: 2, lengthMs: BAD, target: some },
  { fault: 'duplicate', weight: 1, lengthMs: BAD, target: some },
  { fault: 'reorder', weight: 2, lengthMs: BAD, target: some },
  { fault: 'clock-jump', weight: 2, lengthMs: BAD },
  { fault: 'clock-drift', weight: 1, lengthMs: BAD },
  { fault: 'clock-freeze', weight: 1, lengthMs: BAD },
  { fault: 'disk-slow', weight: 1, lengthMs: BAD },
  { fault: 'burst', weight: 1, lengthMs: BAD },
];

function drawPassing(prng: Prng, founders: readonly string[], pace: number): Step[] {
  const between = (): number => paced(prng.between(50, 2_000), pace);
  const steps: Step[] = [];
  for (let at = between(); at < DRAWN_MS * pace; at += between()) {
    const { fault, lengthMs, target } = drawWeighted(prng, PASSING);
    steps.push(
      stepOf(prng, fault, at, paced(prng.between(...lengthMs), pace), target?.(prng, founders) ?? 'one'),
    );
  }
  return steps;
}

function paced(ms: number, pace: number): number {
  return Math.ceil(ms * pace);
}

function drawWeighted(prng: Prng, from: readonly Drawn[]): Drawn {
  let drawn = prng.below(from.reduce((sum, { weight }) => sum + weight, 0));
  for (const each of from) {
    if (drawn < each.weight) return each;
    drawn -= each.weight;
  }
  throw new Error('invariant: weights do not add up');
}

/** How long a lie is kept up before the next. Milliseconds. */
const LIE: Length = [500, 6_000];

/** A hospital that lies all the time, in ever new ways, or whose disk and operator are bad. */
function drawBad(prng: Prng, name: string, pace: number): Step[] {
  const draws = prng.fork(`bad ${name}`);
  return draws.chance(0.8) ? drawLies(draws, name, pace) : drawMisfortunes(draws, name, pace);
}

const STRATEGIES: readonly FaultEntry[] = FAULTS.filter(
  ({ name, class: ofClass, sim }) => ofClass === 'byzantine' && sim === true && name !== 'twin',
);

function drawLies(prng: Prng, name: string, pace: number): Step[] {
  if (prng.chance(0.1))
    return [stepOf(prng, 'twin', paced(prng.between(500, 5_000), pace), undefined, [name])];
  const steps: Step[] = [];
  for (let at = 50; at < DRAWN_MS * pace; ) {
    const lengthMs = paced(prng.between(...LIE), pace);
    steps.push(stepOf(prng, prng.pick(STRATEGIES).name, at, lengthMs, [name]));
    at += lengthMs + 1;
  }
  // The last one is kept up to the end: a network bears it after healing too.
  return steps.map((step, index) => (index === steps.length - 1 ? { ...step, forMs: undefined } : step));
}

const MISFORTUNES: readonly FaultName[] = [
  'flipped-bit',
  'truncation',
  'folder-entry-lost',
  'disk-failing',
  'disk-full',
  'disk-lost',
  'restored-backup',
  'deleted-signing-record',
];

function drawMisfortunes(prng: Prng, name: string, pace: number): Step[] {
  const steps: Step[] = [];
  const after = (least: number, most: number): number => paced(prng.between(least, most), pace);
  for (let at = after(2_000, 6_000); at < DRAWN_MS * pace; at += after(4_000, 20_000))
    steps.push(stepOf(prng, prng.pick(MISFORTUNES), at, after(...DOWN), [name]));
  return steps;
}

function stepOf(prng: Prng, fault: FaultName, at: number, forMs: number | undefined, target: Target): Step {
  const specs = FAULTS.find(({ name }) => name === fault)?.params ?? [];
  return {
    trigger: { kind: 'time', atMs: at },
    everyMs: undefined,
    probability: 1,
    ...{ fault, target, forMs },
    params: Object.fromEntries(specs.map((spec) => [spec.name, drawParam(prng, fault, spec)])),
  };
}

/** Without records the other points are never passed. */
const CRASH_POINTS_OF_AGREEMENT: readonly string[] = CRASH_POINTS.filter(({ effect }) =>
  ['log', 'log-value', 'signing-record', 'commit'].includes(effect),
).map(({ name }) => name);

/** Where the default would always be the same, or would starve a run. */
const DRAWS: Readonly<Record<string, (prng: Prng) => ParamValue>> = {
  'delay ms': (prng) => prng.between(1, 1_500),
  'jitter ms': (prng) => prng.between(2, prng.pick([20, 300, 1_500])),
  'clock-jump ms': (prng) => prng.between(-8_000, 8_000),
  'clock-drift percent': (prng) => prng.between(-60, 200),
  'flapping period': (prng) => prng.between(50, 1_500),
  'bandwidth bytes_per_second': (prng) => prng.between(5_000, 200_000),
  'drop chance': (prng) => prng.fraction() * 0.3,
  'duplicate chance': (prng) => prng.fraction() * 0.3,
  'reorder chance': (prng) => prng.fraction(),
  'disk-slow factor': (prng) => prng.between(2, 500),
  'crash-point point': (prng) => prng.pick(CRASH_POINTS_OF_AGREEMENT),
  'crash-point power': (prng) => prng.below(2),
  'burst count': (prng) => prng.between(1, 60),
};

function drawParam(prng: Prng, fault: FaultName, { name, oneOf, default: otherwise }: ParamSpec): ParamValue {
  const draw = DRAWS[`${fault} ${name}`];
  if (draw !== undefined) return draw(prng);
  return oneOf === undefined ? otherwise : prng.pick(oneOf);
}

function atMs({ trigger }: Step): number {
  return trigger.kind === 'time' ? trigger.atMs : 0;
}
