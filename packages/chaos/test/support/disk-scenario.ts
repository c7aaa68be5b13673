// Owns: scenarios of bad disks, drawn from a seed: one hospital's disk loses and forgets, and every machine may die at any
// point.
import { createPrng, type Prng } from '@consilium/sim';
import { CRASH_POINTS } from '../../src/faults/crash-points.ts';
import type { FaultName } from '../../src/faults/names.ts';
import type { ParamValue, Scenario, Step, Target } from '../../src/scenario/scenario.ts';

const FAULTS_MS = 60_000;
const HEIGHTS = 40;

/** Of the one hospital whose disk is bad. */
const MISFORTUNES: readonly FaultName[] = [
  'flipped-bit',
  'truncation',
  'folder-entry-lost',
  'disk-failing',
  'disk-full',
  'disk-lost',
  'deleted-signing-record',
  'restored-backup',
];

/** Of any, also of all at once. */
const PASSING: readonly FaultName[] = [
  'kill',
  'power-cut',
  'torn-write',
  'crash-point',
  'crash-point',
  'disk-slow',
];

const EFFECTS: readonly string[] = ['log', 'log-value', 'signing-record', 'commit'];
const EFFECTS_OF_RECORDS: readonly string[] = [...EFFECTS, 'package', 'vault-write', 'custody-rows'];

type Params = (prng: Prng, withRecords: boolean) => Readonly<Record<string, ParamValue>>;

const PARAMS: Partial<Record<FaultName, Params>> = {
  'flipped-bit': (prng, withRecords) => ({
    where: prng.pick(['store', 'log', 'signing-record', ...(withRecords ? ['vault'] : [])]),
  }),
  truncation: (prng) => ({ where: prng.pick(['log', 'signing-record']) }),
  'disk-slow': (prng) => ({ factor: prng.between(2, 500) }),
  'crash-point': (prng, withRecords) => {
    const effects = withRecords ? EFFECTS_OF_RECORDS : EFFECTS;
    const points = CRASH_POINTS.filter(({ effect }) => effects.includes(effect));
    return { point: prng.pick(points).name, power: prng.below(2) };
  },
  'restored-backup': (prng) => ({ age: prng.between(200, 6_000) }),
};

/** `records`: with patients, authors and readers of sealed records, which cost many times as much. */
export function diskScenario(seed: number, workload: 'noop' | 'records' = 'noop'): Scenario {
  const prng = createPrng(seed, 'disks');
  const withRecords = workload === 'records';
  return {
    name: `disks-${seed}`,
    why: 'One disk loses and forgets, and every machine may die at any point.',
    ...{ seed, nodes: 4, guests: 0, setChanges: false, durationMs: 0, heights: HEIGHTS },
    workload: { kind: workload, rate: 7, clients: 1, pause: 0.05 },
    steps: [
      ...drawn(prng.fork('bad'), MISFORTUNES, withRecords, () => ['n4']),
      ...drawn(prng.fork('passing'), PASSING, withRecords, (draws) => (draws.chance(0.15) ? 'all' : 'one')),
    ],
    expect: {
      heightsAfter: 10,
      livenessWithinMs: 120_000,
      sometimes: [],
      evidence: [],
      stall: false,
      violation: undefined,
    },
  };
}

function drawn(
  prng: Prng,
  from: readonly FaultName[],
  withRecords: boolean,
  targetOf: (prng: Prng) => Target,
): Step[] {
  const steps: Step[] = [];
  for (let atMs = prng.between(200, 3_000); atMs < FAULTS_MS; atMs += prng.between(500, 4_000)) {
    const fault = prng.pick(from);
    steps.push({
      trigger: { kind: 'time', atMs },
      everyMs: undefined,
      probability: 1,
      fault,
      target: targetOf(prng),
      forMs: prng.between(20, 3_000),
      params: PARAMS[fault]?.(prng, withRecords) ?? {},
    });
  }
  return steps;
}
