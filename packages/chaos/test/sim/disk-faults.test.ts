import type { ReportedEvent } from '@consilium/node/replica';
import { WAL_FILE } from '@consilium/node/replica';
import { createPrng } from '@consilium/sim';
import { describe, expect, test } from 'vitest';
import type { FaultName } from '../../src/faults/names.ts';
import type { Undo } from '../../src/run/world.ts';
import type { ParamValue } from '../../src/scenario/scenario.ts';
import { createHands } from '../../src/sim-world/hands.ts';
import { DISK_FAULTS } from '../../src/sim-world/injectors/disk.ts';
import { createLinkBoard } from '../../src/sim-world/link-board.ts';
import { runInSim } from '../../src/sim-world/run.ts';
import { diskScenario } from '../support/disk-scenario.ts';
import { keepSubmitting, type Network, network } from '../support/network.ts';

const VICTIM = 3;
const OPTIONS = { signatures: 'fast', record: false, keepTrace: false } as const;

interface Bench {
  readonly net: Network;
  /** What the victim has reported, by code. */
  readonly codes: () => readonly string[];
  inject(fault: FaultName, params?: Readonly<Record<string, ParamValue>>): Undo;
}

/** Some heights old, with clients at the others. */
function bench(seed = 1): Bench {
  const net = network({ seed });
  const { cluster, history } = net;
  const reported: ReportedEvent[] = [];
  cluster.taps.reported.push((node, event) => {
    if (node === net.node(VICTIM).id) reported.push(event);
  });
  keepSubmitting(net, [0, 1, 2], 150);
  net.untilHeight(5, 20_000);
  const names = cluster.hospitals.map(({ name }) => name);
  const context = {
    ...{ cluster, history, links: createLinkBoard(cluster), hands: createHands(cluster, history) },
    nodeOf: (name: string) => net.node(names.indexOf(name)),
  };
  return {
    net,
    codes: () => reported.map(({ code }) => code),
    inject: (fault, params = {}) => {
      const inject = DISK_FAULTS[fault];
      if (inject === undefined) throw new Error(`no such fault of a disk: ${fault}`);
      return inject(context, { fault, targets: [names[VICTIM] as string], params, prng: createPrng(seed) });
    },
  };
}

/** The others have gone on meanwhile, and it catches up and signs again. */
function expectWhole({ net }: Bench): void {
  const goal = net.node(0).height + 5;
  net.untilHeight(goal, 30_000);
  net.until(() => net.node(VICTIM).isSigning, 60_000);
  net.untilHeight(net.node(0).height + 5, 30_000);
  net.expectNoViolation();
}

describe('A bad disk', () => {
  test('that flipped a bit of the store: its node ends with STORE_DAMAGED instead of a wrong answer, and fetches the chain anew', () => {
    const each = bench();
    const undo = each.inject('flipped-bit', { where: 'store' });
    each.net.pass(500);
    each.net.node(VICTIM).start();
    expect(each.net.node(VICTIM)).toMatchObject({ isUp: false, failure: 'STORE_DAMAGED' });
    undo();
    expectWhole(each);
    expect(each.codes()).toContain('signing.observing');
  });

  test('that flipped a bit of the log: damage or a torn end, and in either case nothing is signed twice', () => {
    const seen = new Set<string>();
    for (let seed = 1; seed <= 6; seed += 1) {
      const each = bench(seed);
      const undo = each.inject('flipped-bit', { where: 'log' });
      undo();
      expectWhole(each);
      for (const code of each.codes()) seen.add(code);
    }
    expect([...seen]).toEqual(expect.arrayContaining(['wal.damaged', 'wal.torn']));
  });

  test.each([
    ['flipped-bit', { where: 'signing-record' }],
    ['truncation', { where: 'signing-record' }],
    ['truncation', { where: 'log' }],
    ['deleted-signing-record', {}],
    ['disk-lost', {}],
    ['folder-entry-lost', {}],
  ] as const)('%s %j: the node comes back, watches where it must, and signs again', (fault, params) => {
    for (const seed of [1, 2]) {
      const each = bench(seed);
      const undo = each.inject(fault, params);
      expect(each.net.node(VICTIM).isUp).toBe(false);
      each.net.pass(1_000);
      undo();
      expectWhole(each);
    }
  });

  test('without a signing record watches before it signs', () => {
    const each = bench();
    each.inject('deleted-signing-record')();
    expect(each.codes()).toContain('signing.record.missing');
    expect(each.net.node(VICTIM).isSigning).toBe(false);
    expectWhole(each);
  });

  test('that fails ends its node, again and again, until it is mended', () => {
    const each = bench();
    const undo = each.inject('disk-failing');
    each.net.until(() => !each.net.node(VICTIM).isUp, 10_000);
    expect(['STORE_FAILED', 'DISK_FAILED']).toContain(each.net.node(VICTIM).failure);
    each.net.node(VICTIM).start();
    each.net.until(() => !each.net.node(VICTIM).isUp, 10_000);
    undo();
    expectWhole(each);
  });

  test('that is full: its node rests, looks again and again, and goes on by itself when there is room', () => {
    for (let seed = 1; seed <= 5; seed += 1) {
      const each = bench(seed);
      const victim = each.net.node(VICTIM);
      each.net.history.excused.add(victim.id);
      const room = victim.home.addFault({ full: true });
      each.net.until(() => victim.failure === 'DISK_FULL', 10_000);
      const { height } = each.net.node(0);
      each.net.pass(5_000);
      expect(victim.failure).toBe('DISK_FULL');
      expect(each.net.node(0).height).toBeGreaterThan(height);
      room();
      expectWhole(each);
      expect(each.codes()).not.toContain('signing.observing');
    }
  });

  test('full on every hospital at once loses nothing that was acknowledged, and all go on by themselves', () => {
    const each = bench();
    const rooms = each.net.cluster.nodes.map((node) => node.home.addFault({ full: true }));
    for (const { id } of each.net.cluster.nodes) each.net.history.excused.add(id);
    // Who has nothing more to write, for want of a quorum, does not notice.
    const resting = () => each.net.cluster.nodes.filter((node) => node.failure === 'DISK_FULL').length;
    each.net.until(() => resting() > 1, 20_000);
    each.net.pass(3_000);
    for (const room of rooms) room();
    expectWhole(each);
  });

  test('that is slow holds nobody up for good, and is quick again', () => {
    const each = bench();
    const undo = each.inject('disk-slow', { factor: 200 });
    const { height } = each.net.node(0);
    each.net.pass(3_000);
    expect(each.net.node(0).height).toBeGreaterThan(height);
    undo();
    expectWhole(each);
  });

  test('torn while a write was under way leaves a torn end, and no other machine does', () => {
    const torn = [1, 2, 3, 4, 5, 6].filter((seed) => {
      const each = bench(seed);
      // Right after a write was asked for, and before it is durable.
      const undo = each.inject('crash-point', { point: 'log-value-asked', power: 0 });
      each.net.until(() => !each.net.node(VICTIM).isUp, 10_000);
      each.net.node(VICTIM).losePower(true);
      undo();
      expectWhole(each);
      return each.codes().includes('wal.torn');
    });
    expect(torn.length).toBeGreaterThan(0);
  });

  test('set back to a copy from before counts among the liars, and the others go on', () => {
    const each = bench();
    const victim = each.net.node(VICTIM);
    const { height } = victim;
    const cameUpAt: number[] = [];
    each.net.cluster.taps.opened.push((node, tip) => {
      if (node === victim.id) cameUpAt.push(tip.height);
    });
    each.inject('restored-backup', { age: 1_000 });
    each.net.pass(900);
    expect(victim.height).toBeGreaterThan(height + 1);
    expect(cameUpAt).toEqual([]);
    each.net.until(() => cameUpAt.length > 0, 200);
    expect(cameUpAt).toEqual([height]);
    expect(each.net.history.hostile.has(victim.id)).toBe(true);
    each.net.untilHeight(each.net.node(0).height + 5, 30_000);
    each.net.expectNoViolation();
  });

  test('is held against nobody but its node: who lost or forgot is excused, who was only slow or cut off is not', () => {
    const excused = (fault: FaultName, params: Readonly<Record<string, ParamValue>> = {}): boolean => {
      const each = bench();
      each.inject(fault, params)();
      return each.net.history.excused.has(each.net.node(VICTIM).id);
    };
    expect(excused('disk-full')).toBe(true);
    expect(excused('truncation', { where: 'log' })).toBe(true);
    expect(excused('disk-slow', { factor: 5 })).toBe(false);
    expect(excused('torn-write')).toBe(false);
  });

  test('a lost log is not a log of another height', () => {
    const each = bench();
    each.net.node(VICTIM).kill();
    expect(each.net.node(VICTIM).disk.remove(WAL_FILE)).toBe(true);
    each.net.history.excused.add(each.net.node(VICTIM).id);
    each.net.node(VICTIM).start();
    expectWhole(each);
  });
});

describe('Bad disks, drawn', () => {
  test('leave one chain on all hospitals, whatever is lost on one and wherever the others die', () => {
    for (let seed = 1; seed <= 3; seed += 1) {
      const { verdict } = runInSim(diskScenario(seed), OPTIONS);
      expect(verdict, JSON.stringify(verdict.violations)).toMatchObject({ outcome: 'pass', seed });
    }
  });

  test('leave every record where it was sealed to, and open to nobody else', () => {
    const { verdict } = runInSim({ ...diskScenario(4, 'records'), heights: 20 }, OPTIONS);
    expect(verdict, JSON.stringify(verdict.violations)).toMatchObject({ outcome: 'pass' });
    expect(verdict.heights).toBeGreaterThanOrEqual(20);
  });

  test('are the same again for the same seed', () => {
    const digests = [1, 2].map(() => runInSim(diskScenario(7), OPTIONS).verdict.digest);
    expect(digests[0]).toBe(digests[1]);
    expect(digests[0]).not.toBe('');
  });
});
