import { describe, expect, test } from 'vitest';
import { keepSubmitting, type Network, network, recordSigned } from '../support/network.ts';

type Signed = ReturnType<typeof recordSigned>;

/** Places at which one key signed two different votes. */
function conflictsIn(signed: Signed, node: string): string[] {
  const votes = new Map<string, Signed[number]['blockId']>();
  const conflicts: string[] = [];
  for (const vote of signed.filter((cast) => cast.node === node)) {
    const place = `${vote.height}/${vote.round}/${vote.type}`;
    if (votes.has(place) && votes.get(place) !== vote.blockId) conflicts.push(place);
    votes.set(place, vote.blockId);
  }
  return conflicts;
}

/** The fourth runs on for some heights, and comes back with the home of before; `cutOff`: with no link at first. */
function comesBackOld(seed: number, cutOff: boolean): { net: Network; signed: Signed } {
  const net = network({ seed });
  const victim = net.node(3);
  const signed = recordSigned(net);
  keepSubmitting(net, [0, 1, 2], 400);
  net.untilHeight(4, 20_000);
  const copy = victim.home.copy();
  net.untilHeight(14, 60_000);
  victim.kill();
  // What it forgets is held against nobody; what it signs still is.
  net.history.excused.add(victim.id);
  victim.home.restore(copy);
  const others = net.nodes.slice(0, 3);
  const setConnected = (connected: boolean): void => {
    for (const other of others) net.cluster.net.setConnected(other.id, victim.id, connected);
  };
  if (cutOff) setConnected(false);
  victim.start();
  // Work, so that it would vote on what it has.
  net.submitNoop(3);
  net.pass(10_000);
  setConnected(true);
  return { net, signed };
}

describe('A home put back whole, but old', () => {
  test.each([
    ['with its links', false],
    ['cut off from all, with work of its own', true],
  ])('never signs the opposite of what it signed before, %s, and votes again', (_case, cutOff) => {
    for (const seed of [1, 2, 3]) {
      const { net, signed } = comesBackOld(seed, cutOff);
      const victim = net.node(3);
      net.until(() => victim.isSigning && victim.height > net.node(0).height - 2, 120_000);
      const { height } = victim;
      const voted = (): boolean => signed.some((cast) => cast.node === victim.id && cast.height > height);
      net.until(voted, 60_000);
      expect(conflictsIn(signed, victim.id)).toEqual([]);
      net.expectNoViolation();
    }
  });
});

describe('Two machines with copies of one home', () => {
  test('whose links the peers give to the one or the other by turns: one stops and says so, and nothing conflicting is signed', () => {
    for (const seed of [1, 2, 3]) {
      const net = network({ seed });
      const { cluster } = net;
      const [node, others] = [net.node(3), net.nodes.slice(0, 3)];
      const signed = recordSigned(net);
      const stopped: string[] = [];
      cluster.taps.reported.push((id, { code }) => {
        if (code === 'signing.foreign') stopped.push(id);
      });
      keepSubmitting(net, [0, 1, 2], 400);
      net.untilHeight(3, 20_000);
      node.kill();
      net.history.excused.add(node.id);
      const twin = cluster.addTwin(node);
      twin.home.restore(node.home.copy());
      const give = (toTwin: boolean): void => {
        for (const { station } of others) {
          cluster.net.setConnected(node.station, station, !toTwin, 'split');
          cluster.net.setConnected(twin.station, station, toTwin, 'split');
        }
      };
      give(false);
      node.start();
      twin.start();
      for (let turn = 1; turn <= 8 && stopped.length === 0; turn += 1) {
        net.pass(15_000);
        give(turn % 2 === 1);
      }
      net.until(() => stopped.length > 0, 15_000);
      expect(new Set(stopped)).toEqual(new Set([node.id]));
      net.pass(30_000);
      expect(conflictsIn(signed, node.id)).toEqual([]);
      expect([...net.history.chain.values()].flatMap(({ block }) => block.evidence)).toEqual([]);
    }
  });
});
