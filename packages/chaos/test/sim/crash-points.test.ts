import type { PersistencePhase, SimNode } from '@consilium/sim';
import { describe, expect, test } from 'vitest';
import { type Network, network } from '../support/network.ts';

type Death = 'kill' | 'losePower';

interface CrashPoint {
  /** The how-manyth step of a durable write of the observed node. */
  readonly step: number;
  readonly death: Death;
  readonly scope: 'one' | 'all';
}

/** Heights with a transaction each, while the crash point is waited for: the observed node proposes in one. */
const HEIGHTS = 4;
const OBSERVED = 1;
const AWAY_MS = 150;

/** Runs `HEIGHTS` heights; returns every step of the observed node's durable writes. */
function run(net: Network, onStep: (step: number) => void): PersistencePhase[] {
  const steps: PersistencePhase[] = [];
  net.node(OBSERVED).onPersistence = (phase) => {
    steps.push(phase);
    onStep(steps.length);
  };
  const sender = [0, 2, 3];
  for (let height = 1; height <= HEIGHTS; height += 1) {
    const hospital = sender[height % 3] as number;
    if (net.node(hospital).isUp) net.submitNoop(hospital);
    net.pass(400);
  }
  return steps;
}

function crashAt({ step, death, scope }: CrashPoint): Network {
  const net = network({ watchPersistence: true });
  const { scheduler } = net.cluster;
  const victims: readonly SimNode[] = scope === 'all' ? net.nodes : [net.node(OBSERVED)];
  let deaths = 0;
  run(net, (reached) => {
    if (reached !== step) return;
    deaths += 1;
    for (const node of victims) node[death]();
    scheduler.after(AWAY_MS * 1000, () => {
      for (const node of victims) node.start();
    });
  });
  expect(deaths, 'the crash point was reached').toBe(1);
  return net;
}

/** All come back, agree, and go on for three heights more. */
function expectRecovered(net: Network): void {
  net.node(OBSERVED).onPersistence = () => undefined;
  net.pass(1_000);
  const goal = Math.max(...net.nodes.map(({ height }) => height)) + 3;
  for (let rounds = 0; rounds < 3; rounds += 1) {
    net.submitNoop(rounds);
    net.pass(500);
  }
  net.untilHeight(goal, 30_000);
  expect(net.nodes.map(({ isSigning }) => isSigning)).toEqual([true, true, true, true]);
  net.expectNoViolation();
}

const uneventful = run(network({ watchPersistence: true }), () => undefined);

describe('A crash before, during and right after every durable write', () => {
  test('is looked for at every write of a run that has some of each kind', () => {
    // Two writes for each vote and proposal, one for each commit, three steps each.
    expect(uneventful).toHaveLength(3 * (5 * HEIGHTS + 2));
    expect(new Set(uneventful)).toEqual(new Set(['asked', 'under-way', 'durable']));
  });

  test.each([
    { death: 'kill', scope: 'one' },
    { death: 'losePower', scope: 'one' },
    { death: 'kill', scope: 'all' },
    { death: 'losePower', scope: 'all' },
  ] as const)('of $scope of the nodes by $death leaves one chain that goes on', ({ death, scope }) => {
    for (let step = 1; step <= uneventful.length; step += 1) {
      expectRecovered(crashAt({ step, death, scope }));
    }
  });
});
