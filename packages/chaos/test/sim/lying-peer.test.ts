import { decodeMessage, encodeMessage, type ReportedEvent } from '@consilium/node/replica';
import { describe, expect, test } from 'vitest';
import { keepSubmitting, network } from '../support/network.ts';

describe('A peer that answers sync with blocks from which it took the transactions', () => {
  test('is charged with it, its blocks are nobody else’s fault, and who was away catches up through others.', () => {
    const net = network({ hostile: ['n4'] });
    const { cluster } = net;
    const liar = net.node(3).id;
    keepSubmitting(net, [1, 2], 100);
    net.untilHeight(3, 10_000);
    const away = net.node(0);
    away.kill();
    net.untilHeight(20, 30_000, net.nodes.slice(1));

    cluster.net.setTap((from, _to, _channel, bytes) => {
      const message = decodeMessage(bytes);
      if (from !== liar || message.type !== 'blocks') return [bytes];
      const blocks = message.blocks.map((decided) => ({ ...decided, block: { ...decided.block, txs: [] } }));
      return [encodeMessage({ ...message, blocks })];
    });
    // For a while only the liar can be asked.
    const others = [net.node(1), net.node(2)];
    for (const other of others) cluster.net.setConnected(away.id, other.id, false);
    const reported: ReportedEvent[] = [];
    cluster.taps.reported.push((node, event) => {
      if (node === away.id) reported.push(event);
    });
    away.start();
    net.until(() => reported.some(({ code }) => code === 'sync.forged-parts'), 20_000);
    expect(away.height).toBeLessThan(20);
    for (const other of others) cluster.net.setConnected(away.id, other.id, true);
    net.untilHeight(25, 60_000, net.nodes.slice(0, 3));
    expect(reported.filter(({ code }) => code === 'block.invalid')).toEqual([]);
    const charged = cluster.net.penalties.filter(({ by }) => by === away.id);
    expect(new Set(charged.map(({ peer }) => peer))).toEqual(new Set([liar]));
    net.expectNoViolation();
  });
});
