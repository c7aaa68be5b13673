// Owns: a simulated network in which a node dies at a named crash point, and what it owes when all are back.
import type { SimNode } from '@consilium/sim';
import { expect } from 'vitest';
import { CRASH_POINTS, type CrashPointName, type DurableEffect } from '../../src/faults/crash-points.ts';
import { onCrashPoints } from '../../src/sim-world/crash-points.ts';
import type { Network } from './network.ts';

export type Death = 'kill' | 'losePower';

export interface Crash {
  readonly point: CrashPointName;
  /** Which time the node is there. */
  readonly pass: number;
  readonly death: Death;
  /** Whose way to the point is watched. */
  readonly node: number;
  /** Whether all die with it. */
  readonly all: boolean;
}

const AWAY_MS = 150;

export function pointsOf(effects: readonly DurableEffect[]): readonly CrashPointName[] {
  return CRASH_POINTS.filter(({ effect, sim }) => sim && effects.includes(effect)).map(({ name }) => name);
}

/** On each node alone, and on all at once when one of them is there; each at another pass. */
export function crashesAt(point: CrashPointName, death: Death, passes: number): readonly Crash[] {
  const alone = [0, 1, 2, 3].map(
    (node): Crash => ({ point, pass: 1 + (node % passes), death, node, all: false }),
  );
  return [...alone, { point, pass: 1, death, node: 1, all: true }];
}

/** Call before the network does what leads there. */
export function arrange(
  net: Network,
  { point, pass, death, node, all }: Crash,
): { readonly deaths: () => number } {
  const victims: readonly SimNode[] = all ? net.nodes : [net.node(node)];
  let passed = 0;
  let deaths = 0;
  onCrashPoints(net.node(node), (reached) => {
    if (reached !== point) return;
    passed += 1;
    if (passed !== pass) return;
    deaths += 1;
    for (const victim of victims) victim[death]();
    net.cluster.scheduler.after(AWAY_MS * 1000, () => {
      for (const victim of victims) victim.start();
    });
  });
  return { deaths: () => deaths };
}

/** How often each node passes each point. */
export function countPoints(net: Network): ReadonlyMap<CrashPointName, number>[] {
  return net.nodes.map((node) => {
    const counts = new Map<CrashPointName, number>();
    onCrashPoints(node, (point) => counts.set(point, (counts.get(point) ?? 0) + 1));
    return counts;
  });
}

/** All come back, agree, sign, and go on for three heights more; nobody signed twice. */
export function expectRecovered(net: Network): void {
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
