import { describe, expect, test } from 'vitest';
import { keepSubmitting, network, recordSigned } from '../support/network.ts';

describe('Power and wires', () => {
  test('Power lost on all four after a quorum of precommits and before any commit, no client left: the same block is decided after the restart.', () => {
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const net = network({ seed });
      const { cluster, nodes } = net;
      const signed = recordSigned(net);
      net.submitNoop(0);
      net.untilHeight(1, 5_000);
      const lastTx = net.submitNoop(1);

      // From the first precommit on nothing is delivered any more, so that nobody can commit.
      const precommits = () =>
        signed.filter(
          ({ type, height, blockId }) => type === 'precommit' && height === 2 && blockId !== null,
        );
      cluster.net.setTap((_from, _to, _channel, message) => (precommits().length > 0 ? [] : [message]));
      // Prevotes that were under way still arrive: all four precommit, each alone.
      net.until(() => precommits().length >= 3, 5_000);
      net.pass(20);
      expect(nodes.map(({ height }) => height)).toEqual([1, 1, 1, 1]);
      const [first] = precommits();
      expect(new Set(precommits().map(({ blockId }) => blockId))).toEqual(new Set([first?.blockId]));

      for (const node of nodes) node.losePower();
      cluster.net.setTap(undefined);
      net.pass(1_000);
      for (const node of nodes) node.start();
      net.untilHeight(2, 20_000);
      const block = net.history.chain.get(2);
      expect(block?.blockId).toBe(first?.blockId);
      expect(block?.txIds).toEqual([lastTx.id]);
      net.expectNoViolation();
    }
  });

  test('The link between two hospitals cut for good: commits go on at all four.', () => {
    const net = network();
    const { cluster } = net;
    net.submitNoop(0);
    net.untilHeight(1, 5_000);
    const [a, b] = [net.node(0), net.node(1)];
    cluster.net.setConnected(a.id, b.id, false);
    keepSubmitting(net, [0, 1, 2, 3], 100);
    net.untilHeight(40, 60_000);
    expect([...net.history.chain.values()].every(({ certificate }) => certificate.round === 0)).toBe(true);
    net.expectNoViolation();
  });

  test('Power cut (all unsynced writes lost) at random moments, 200 times: nothing acknowledged lost, no conflicting signature', () => {
    const net = network({ seed: 7 });
    const { nodes, cluster } = net;
    keepSubmitting(net, [0, 1, 2, 3], 400);
    net.untilHeight(3, 20_000);
    const draws = cluster.prng.fork('power cuts');
    for (let cut = 0; cut < 200; cut += 1) {
      net.pass(draws.between(1, 250));
      const down = draws.chance(0.25) ? nodes : [nodes[draws.below(nodes.length)] as (typeof nodes)[number]];
      for (const node of down) node.losePower();
      net.pass(draws.between(1, 250));
      for (const node of down) node.start();
    }
    const height = Math.max(...net.history.chain.keys());
    net.untilHeight(height + 10, 120_000);
    net.expectNoViolation();
    // The network was at work between the cuts, and not only at the end.
    expect(height).toBeGreaterThan(30);
  });
});
