import { describe, expect, test } from 'vitest';
import { CRASH_POINTS, type CrashPointName } from '../../src/faults/crash-points.ts';
import {
  arrange,
  type Crash,
  countPoints,
  crashesAt,
  expectRecovered,
  pointsOf,
} from '../support/crashes.ts';
import { type Network, network } from '../support/network.ts';

/** Heights with a transaction each: every node proposes in one of them. */
const HEIGHTS = 4;
/** Each node makes several of each kind: proposals, prevotes, precommits, commits. */
const PASSES = 4;

const AGREEMENT = pointsOf(['log', 'log-value', 'signing-record', 'commit']);
const GENESIS = pointsOf(['genesis']);
/** snapshot.test.ts */
const JOIN = pointsOf(['join-rows', 'join-load', 'join-install']);
/** crash-points-custody.test.ts */
const CUSTODY = pointsOf(['vault-write', 'vault-remove', 'package', 'custody-rows']);
/** erasure.test.ts */
const ERASURE = pointsOf(['erasure']);

function run(net: Network): void {
  for (let height = 1; height <= HEIGHTS; height += 1) {
    const up = [0, 2, 3, 1].filter((hospital) => net.node(hospital).isUp);
    const hospital = up[height % up.length];
    if (hospital !== undefined) net.submitNoop(hospital);
    net.pass(400);
  }
}

function crash(point: Crash): void {
  const net = network();
  const { deaths } = arrange(net, point);
  run(net);
  expect(deaths(), `${JSON.stringify(point)} was reached`).toBe(1);
  expectRecovered(net);
}

function crashAtStart(point: Crash): void {
  let deaths = (): number => 0;
  const net = network({}, (early) => {
    deaths = arrange(early, point).deaths;
  });
  run(net);
  expect(deaths(), `${JSON.stringify(point)} was reached`).toBe(1);
  expectRecovered(net);
}

describe('A crash at a named point', () => {
  test('is looked for at every one that the simulator has, and every one of agreement is passed by every node, several times', () => {
    expect(new Set([...AGREEMENT, ...GENESIS, ...JOIN, ...CUSTODY, ...ERASURE])).toEqual(
      new Set(CRASH_POINTS.filter(({ sim }) => sim).map(({ name }) => name)),
    );
    const net = network();
    const counts = countPoints(net);
    run(net);
    for (const count of counts) {
      const passed: readonly CrashPointName[] = [...count.keys()];
      expect(new Set(passed)).toEqual(new Set(AGREEMENT));
      for (const point of AGREEMENT) expect(count.get(point), point).toBeGreaterThanOrEqual(PASSES);
    }
  });

  describe.each(AGREEMENT)('%s', (point) => {
    test.each(['kill', 'losePower'] as const)(
      'by %s, on each node and on all at once, leaves one chain that goes on',
      (death) => {
        for (const each of crashesAt(point, death, PASSES)) crash(each);
      },
    );
  });

  describe.each(GENESIS)('%s', (point) => {
    test.each(['kill', 'losePower'] as const)(
      'by %s, on each node and on all at once, leaves one chain that begins',
      (death) => {
        for (const each of crashesAt(point, death, 1)) crashAtStart(each);
      },
    );
  });
});
