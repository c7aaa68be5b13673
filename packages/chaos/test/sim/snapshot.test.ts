import {
  decodeSnapshotMessage,
  encodeSnapshotMessage,
  type ReportedEvent,
  readBase,
  readTip,
  type SnapshotMessage,
} from '@consilium/node/replica';
import { describe, expect, test } from 'vitest';
import type { CrashPointName } from '../../src/faults/crash-points.ts';
import { onCrashPoints } from '../../src/sim-world/crash-points.ts';
import { pointsOf } from '../support/crashes.ts';
import { keepSubmitting, type Network, network } from '../support/network.ts';

/** One is kept for twenty blocks, as long as many time limits: a snapshot is kept for hours elsewhere. */
const SNAPSHOTS = { everyBlocks: 10, chunkBytes: 512 };
const JOIN_POINTS = pointsOf(['join-rows', 'join-load', 'join-install']);

interface Reported {
  readonly codes: string[];
}

/** Four hospitals with a history; the first one lost its machine, and has not begun again. */
function withNewcomer(): Network & { readonly reported: Reported } {
  const net = network({ snapshots: SNAPSHOTS, hostile: ['n4'] });
  keepSubmitting(net, [1, 2], 1_000);
  net.untilHeight(12, 30_000);
  // A hospital that lost what it had promised is not asked for it.
  net.history.excused.add(net.node(0).id);
  net.node(0).loseAll();
  const codes: string[] = [];
  net.cluster.taps.reported.push((node, event: ReportedEvent) => {
    if (node === net.node(0).id) codes.push(event.code);
  });
  return { ...net, reported: { codes } };
}

/** What the fourth hospital sends to newcomers in the place of an answer. */
function bend(net: Network, change: (answer: SnapshotMessage) => readonly SnapshotMessage[]): void {
  const liar = net.node(3).id;
  net.cluster.net.setTap((from, _to, channel, bytes) => {
    if (from !== liar || channel !== 'snapshot') return [bytes];
    return change(decodeSnapshotMessage(bytes)).map(encodeSnapshotMessage);
  });
}

/** It has caught up with the others, and nobody broke a promise. */
function expectJoined(net: Network & { readonly reported: Reported }): void {
  net.untilHeight(net.node(1).height + 3, 30_000);
  net.expectNoViolation();
}

describe('A hospital that lost its machine', () => {
  test('begins from a snapshot, catches up by blocks, and votes.', () => {
    const net = withNewcomer();
    net.node(0).start();
    net.until(() => net.reported.codes.includes('join.done'), 10_000);
    expect(readTip(net.node(0).kv.reader)?.height).toBeGreaterThanOrEqual(10);
    net.until(() => net.node(0).isSigning, 60_000);
    expectJoined(net);
    // The simulated chain is younger than five minutes: the window reaches back to its first block.
    expect(readBase(net.node(0).kv.reader)).toBe(1);
  });

  const lies: readonly [string, (answer: SnapshotMessage) => readonly SnapshotMessage[]][] = [
    [
      'lies',
      (answer) => (answer.type === 'chunk' ? [{ ...answer, bytes: answer.bytes.toReversed() }] : [answer]),
    ],
    ['stalls', () => []],
    [
      'leaves out half of each chunk',
      (answer) =>
        answer.type === 'chunk'
          ? [{ ...answer, bytes: answer.bytes.slice(0, answer.bytes.length / 2) }]
          : [answer],
    ],
  ];
  test.each(lies)('does so within 10 s more though one of the others %s.', (_, change) => {
    const net = withNewcomer();
    bend(net, change);
    net.node(0).start();
    net.until(() => net.reported.codes.includes('join.done'), 15_000);
    expectJoined(net);
  });

  test('does so though one of the others drips: its answers come when they are given up.', () => {
    const net = withNewcomer();
    const [newcomer, dripper] = [net.node(0).station, net.node(3).station];
    net.cluster.net.setLink(dripper, newcomer, { bytesPerSecond: 200 });
    net.node(0).start();
    net.until(() => net.reported.codes.includes('join.done'), 15_000);
    net.cluster.net.setLink(dripper, newcomer, { bytesPerSecond: Number.POSITIVE_INFINITY });
    expectJoined(net);
  });
});

describe('A crash on the way', () => {
  test.each(JOIN_POINTS)('at %s leaves a store that goes on joining, or a chain.', (point) => {
    const net = withNewcomer();
    const victim = net.node(0);
    let passed = 0;
    onCrashPoints(victim, (reached: CrashPointName) => {
      if (reached !== point) return;
      passed += 1;
      // The second of those that it passes often: the first one is the journal.
      if (passed !== (point.startsWith('join-install') ? 1 : 2)) return;
      if (point.endsWith('asked')) victim.kill();
      else victim.losePower();
      net.cluster.scheduler.after(200_000, () => victim.start());
    });
    victim.start();
    net.until(() => !victim.isUp, 20_000);
    net.until(() => net.reported.codes.includes('join.done'), 20_000);
    expectJoined(net);
  });
});
