import type { SimNode } from '@consilium/sim';
import { describe, expect, test } from 'vitest';
import { keepSubmitting, type Network, network } from '../support/network.ts';

const STATUS_MS = 10_000;

function factsOf(node: SimNode) {
  const facts = node.replica?.replica.heightFacts();
  if (facts === undefined) throw new Error('the node is down');
  return facts;
}

/** Codes that this node reports from now on. */
function listen(net: Network, node: SimNode): string[] {
  const codes: string[] = [];
  net.cluster.taps.reported.push((id, { code }) => {
    if (id === node.id) codes.push(code);
  });
  return codes;
}

describe('What a node says of itself', () => {
  test('Clock five minutes off: reported by the node itself, network unharmed.', () => {
    const net = network({ seed: 31 });
    const off = net.node(3);
    const reported = net.nodes.map((node) => listen(net, node));
    keepSubmitting(net, [0, 1, 2], 500);
    net.untilHeight(3, 20_000);
    off.clockFault.offsetMs = 5 * 60_000;
    net.until(() => reported[3]?.includes('clock.off') === true, 60_000);
    const offset = off.replica?.replica.status().clockOffsetMs ?? 0;
    expect(Math.abs(offset + 5 * 60_000)).toBeLessThan(1_000);
    // The others go on, and so does the one: it votes for their blocks, only its own proposals find no agreement.
    net.untilHeight(net.node(0).height + 10, 60_000);
    for (const others of reported.slice(0, 3)) expect(others).not.toContain('clock.off');
    for (const node of net.nodes) expect(node.failure).toBeUndefined();

    off.clockFault.offsetMs = 0;
    net.until(() => reported[3]?.includes('clock.right') === true, 60_000);
    net.expectNoViolation();
  });

  test('names whose votes are missing and since when, is stuck once work has waited too long, and no longer once a block is there', () => {
    const net = network({ seed: 32 });
    const [first, second, third, fourth] = net.nodes as [SimNode, SimNode, SimNode, SimNode];
    const codes = listen(net, first);
    net.submitNoop(0);
    net.untilHeight(1, 10_000);
    third.kill();
    fourth.kill();
    net.pass(STATUS_MS);
    expect(factsOf(first)).toMatchObject({ hasWork: false, stuck: false, reached: 2, quorum: 3 });
    expect(codes).toContain('consensus.no-quorum');
    expect(codes).not.toContain('consensus.stuck');

    net.submitNoop(0);
    net.pass(1_000);
    expect(factsOf(first)).toMatchObject({ hasWork: true, stuck: false });
    net.until(() => factsOf(first).stuck, 60_000);
    net.until(() => codes.includes('consensus.stuck'), STATUS_MS);
    const facts = factsOf(first);
    const silent = facts.validators.filter(({ connected }) => !connected);
    expect(silent.map(({ institution }) => institution).sort()).toEqual([third.id, fourth.id].sort());
    for (const { prevote, precommit, linkForMs, heard } of silent) {
      expect([prevote, precommit]).toEqual(['missing', 'missing']);
      expect(linkForMs).toBeGreaterThan(facts.stuckAfterMs);
      expect(heard?.height).toBe(1);
      expect(heard?.agoMs).toBeGreaterThan(facts.stuckAfterMs);
    }
    const present = facts.validators.filter(({ institution }) => institution === second.id);
    expect(present).toMatchObject([{ connected: true, prevote: 'nil' }]);

    third.start();
    net.untilHeight(2, 60_000, [first, second, third]);
    net.until(() => codes.includes('consensus.moving') && codes.includes('consensus.quorum-back'), STATUS_MS);
    expect(factsOf(first)).toMatchObject({ hasWork: false, stuck: false, workForMs: null });
    net.expectNoViolation();
  });

  test('a transaction that only one node has is work, and after it expired there is none: nobody stays stuck', () => {
    const net = network({ seed: 33 });
    net.submitNoop(0);
    net.untilHeight(1, 10_000);
    for (const node of net.nodes.slice(1)) node.kill();
    const lone = net.node(0);
    net.submitNoop(0);
    net.until(() => factsOf(lone).stuck, 60_000);
    net.until(() => !factsOf(lone).hasWork, 10 * 60_000);
    expect(factsOf(lone)).toMatchObject({ stuck: false, workForMs: null, reached: 1 });
  });

  test('a proposer that leaves out what waited is counted by the honest, and nobody else is', () => {
    const net = network({ seed: 34 });
    const { cluster } = net;
    const honest = net.nodes.slice(0, 3);
    const accusedBy = (node: SimNode) => [...(node.pool?.skips.all.keys() ?? [])];
    const codes = listen(net, net.node(0));
    const stall = (): void => {
      const height = net.node(0).height + 1;
      cluster.net.setTap((_from, _to, channel, message) => (channel === 'agreement' ? [] : [message]));
      net.submitNoop(0);
      net.pass(6_000);
      cluster.net.setTap(undefined);
      net.untilHeight(height, 60_000, honest);
    };
    for (let stalls = 0; stalls < 4; stalls += 1) stall();
    for (const node of honest) expect(accusedBy(node)).toEqual([]);

    const prng = cluster.prng.fork('injection');
    net.world().inject({ fault: 'censor', targets: ['n4'], params: {}, prng });
    for (let stalls = 0; stalls < 12 && accusedBy(net.node(0)).length === 0; stalls += 1) stall();
    for (const node of honest) expect(accusedBy(node)).toEqual([net.node(3).id]);
    expect(codes).toContain('block.skipped');
  });
});
