import { type SimNode, submit } from '@consilium/sim';
import { describe, expect, test } from 'vitest';
import { type Network, network, recordSigned } from '../support/network.ts';

function proposerOf(net: Network): SimNode {
  const order = net.node(0).replica?.ledger.nextHeight().proposers ?? [];
  return net.nodes.find(({ id }) => id === order[0]) as SimNode;
}

function awake({ nodes }: Network): boolean[] {
  return nodes.map(({ replica }) => replica?.replica.status().awake === true);
}

describe('An idle chain', () => {
  test('One vote of one validator on an idle chain wakes nobody; a transaction that expires after it woke a height ends in one empty block and silence.', () => {
    const net = network();
    const { cluster, nodes } = net;
    net.submitNoop(0);
    net.untilHeight(1, 5_000);
    net.pass(5_000);
    const signed = recordSigned(net);
    const proposer = proposerOf(net);
    const other = nodes.find((node) => node !== proposer) as SimNode;

    // A transaction that only one node has: it wakes, is no proposer, and votes nil once its patience is over.
    cluster.net.setTap((from, _to, channel, message) =>
      from === other.id && channel === 'transactions' ? [] : [message],
    );
    submit(cluster, other, net.noop(0, 3_000));
    net.pass(60_000);
    expect(signed).toEqual([
      { node: other.id, type: 'prevote', height: 2, round: 0, blockId: null, validRound: -1 },
    ]);
    expect(awake(net)).toEqual(nodes.map((node) => node === other));
    cluster.net.setTap(undefined);

    // The proposer is away while the next transaction is good, and the others wait for it.
    proposer.kill();
    net.pass(1_000);
    submit(cluster, other, net.noop(0, 600));
    const others = nodes.filter((node) => node !== proposer);
    net.untilHeight(2, 20_000, others);
    expect(signed.filter(({ height }) => height === 2).length).toBeGreaterThan(3);
    const block = net.history.chain.get(2)?.block;
    expect([block?.txs, block?.evidence]).toEqual([[], []]);

    proposer.start();
    net.untilHeight(2, 10_000);
    const before = signed.length;
    net.pass(120_000);
    expect(signed.slice(before)).toEqual([]);
    expect([nodes.map(({ height }) => height), awake(net)]).toEqual([
      [2, 2, 2, 2],
      [false, false, false, false],
    ]);
    net.expectNoViolation();
  });
});
