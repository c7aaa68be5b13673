import { type Hex32, PROPOSER_SCHEDULE, readRow, type Vote } from '@consilium/core';
import {
  decodeMessage,
  encodeMessage,
  stateReader,
  type VotesMessage,
  type WireMessage,
} from '@consilium/node/replica';
import type { SimNode } from '@consilium/sim';
import { describe, expect, test } from 'vitest';
import { keepSubmitting, type Network, network, recordSigned } from '../support/network.ts';

function orderAt(node: SimNode): readonly Hex32[] {
  return node.replica?.ledger.nextHeight().proposers ?? [];
}

function proposerOf(net: Network): SimNode {
  const [first] = orderAt(net.nodes.find(({ isUp }) => isUp) as SimNode);
  return net.nodes.find(({ id }) => id === first) as SimNode;
}

/** Whatever order each node works with at each height must be the one of all. */
function watchOrders(net: Network): { readonly differing: number[] } {
  const seen = new Map<number, string>();
  const differing: number[] = [];
  net.cluster.taps.committed.push((id) => {
    const node = net.nodes.find((each) => each.id === id) as SimNode;
    const order = orderAt(node).join(' ');
    // Of blocks that came together by sync the node is told when its ledger stands at the last of them.
    const height = node.replica?.ledger.nextHeight().height ?? 0;
    if ((seen.get(height) ?? order) !== order) differing.push(height);
    seen.set(height, order);
  });
  return { differing };
}

function hasVoteOf(bytes: Uint8Array, id: Hex32): boolean {
  const message: WireMessage = decodeMessage(bytes);
  if (message.type === 'votes') return message.votes.some(({ validator }) => validator === id);
  return message.type === 'certificate';
}

function withoutVotes({ votes }: VotesMessage, isHidden: (vote: Vote) => boolean): Uint8Array[] {
  const left = votes.filter((vote) => !isHidden(vote));
  return left.length === 0 ? [] : [encodeMessage({ type: 'votes', votes: left })];
}

function tellsOfDecision(message: WireMessage): boolean {
  if (message.type === 'certificate') return message.certificate.type === 'precommit';
  return message.type === 'blocks';
}

function isOfRoundZero(message: WireMessage): boolean {
  if (message.type === 'proposal') return message.proposal.round === 0;
  return message.type === 'value' || (message.type === 'certificate' && message.certificate.round === 0);
}

describe('Rounds', () => {
  test('Power cut after one node precommitted, its prevote never delivered, fourth node off: the height decides.', () => {
    const net = network();
    const { cluster } = net;
    net.submitNoop(0);
    net.untilHeight(1, 5_000);
    const proposer = proposerOf(net);
    const [locked, second, off] = net.nodes.filter((node) => node !== proposer) as [
      SimNode,
      SimNode,
      SimNode,
    ];
    off.kill();
    cluster.net.setTap((from, _to, _channel, bytes) =>
      from === locked.id && hasVoteOf(bytes, locked.id) ? [] : [bytes],
    );
    const signed = recordSigned(net);
    net.submitNoop(net.nodes.indexOf(proposer));
    const precommits = () => signed.filter(({ type, blockId }) => type === 'precommit' && blockId !== null);
    net.until(() => precommits().length > 0, 5_000);
    // The record of the precommit becomes durable, and the vote itself goes nowhere.
    net.pass(50);
    expect(precommits().map(({ node }) => node)).toEqual([locked.id]);
    for (const node of [proposer, locked, second]) node.losePower();
    cluster.net.setTap(undefined);
    net.pass(500);
    for (const node of [proposer, locked, second]) node.start();
    net.untilHeight(2, 60_000, [proposer, locked, second]);
    expect(net.history.chain.get(2)?.blockId).toBe(precommits()[0]?.blockId);
    net.expectNoViolation();
  });

  test('A proposer that is away is demoted, and redeemed when it is back; no two nodes disagree on the proposer.', () => {
    const net = network();
    const orders = watchOrders(net);
    keepSubmitting(net, [0, 1, 2], 100);
    net.untilHeight(3, 10_000);
    const away = net.node(3);
    const isDemoted = (): boolean => {
      const state = stateReader(net.node(0).kv.reader);
      const { demoted } = readRow(state, PROPOSER_SCHEDULE) ?? { demoted: [] };
      return demoted.some(({ validator }) => validator === away.id);
    };
    expect(isDemoted()).toBe(false);
    away.kill();
    const others = net.nodes.slice(0, 3);
    net.until(isDemoted, 120_000);
    // While it is demoted it proposes last, and nobody waits for it.
    const from = net.node(0).height + 1;
    net.untilHeight(from + 8, 10_000, others);
    const { chain } = net.history;
    const rounds = [...chain.values()].filter(({ block }) => block.header.height > from);
    expect(rounds.every(({ certificate }) => certificate.round === 0)).toBe(true);
    away.start();
    net.until(() => !isDemoted(), 120_000);
    const proposedAgain = (): boolean =>
      [...chain.values()].some(({ block }) => block.header.height > from && block.header.author === away.id);
    net.until(proposedAgain, 60_000);
    net.untilHeight(net.node(0).height + 10, 60_000);
    expect(orders.differing).toEqual([]);
    net.expectNoViolation();
  });

  test('A decision that nodes saw in two rounds leaves no two of them with different proposers.', () => {
    const net = network();
    const { cluster } = net;
    const orders = watchOrders(net);
    net.submitNoop(0);
    net.untilHeight(1, 5_000);
    // One decides in round 0, and its vote for that reaches nobody. The last one sees neither the proposal nor the
    // polka, so that with its nil the other two have a quorum of any mix and go on to round 1.
    const proposer = proposerOf(net);
    const [alone, blind] = net.nodes.filter((node) => node !== proposer) as [SimNode, SimNode];
    cluster.net.setTap((_from, to, _channel, bytes) => {
      const message = decodeMessage(bytes);
      if (to === alone.id) return [bytes];
      if (message.type === 'votes') return withoutVotes(message, (vote) => isHidden(vote, to));
      const tells = tellsOfDecision(message) || (to === blind.id && isOfRoundZero(message));
      return tells ? [] : [bytes];
    });
    const isHidden = ({ validator, type, round }: Vote, to: Hex32): boolean =>
      validator === alone.id && round === 0 && (type === 'precommit' || to === blind.id);
    const rounds = new Map<Hex32, number>();
    cluster.taps.committed.push((node, { block, certificate, by }) => {
      if (block.header.height === 2 && by === 'decision') rounds.set(node, certificate.round);
    });
    net.submitNoop(net.nodes.indexOf(proposer));
    net.untilHeight(2, 30_000);
    cluster.net.setTap(undefined);
    expect(rounds.get(alone.id)).toBe(0);
    expect(rounds.get(proposer.id)).toBeGreaterThan(0);
    keepSubmitting(net, [0, 1, 2, 3], 100);
    net.untilHeight(20, 60_000);
    expect(orders.differing).toEqual([]);
    net.expectNoViolation();
  });

  test('A slow but honest block is timely, a future-dated one is not.', () => {
    const net = network();
    const { cluster } = net;
    net.submitNoop(0);
    net.untilHeight(1, 5_000);
    const slow = proposerOf(net);
    for (const to of net.nodes) {
      cluster.net.setLink(slow.id, to.id, { delayUsMin: 700_000, delayUsMax: 700_000 });
    }
    net.submitNoop(net.nodes.indexOf(slow));
    net.untilHeight(2, 10_000);
    const late = net.history.chain.get(2);
    expect([late?.certificate.round, late?.block.header.author]).toEqual([0, slow.id]);

    const ahead = proposerOf(net);
    ahead.clockFault.offsetMs = 2_000;
    const signed = recordSigned(net);
    net.submitNoop(net.nodes.indexOf(ahead));
    net.untilHeight(3, 20_000);
    const prevotes = signed.filter(
      ({ type, height, round }) => type === 'prevote' && height === 3 && round === 0,
    );
    const forValue = prevotes.filter(({ blockId }) => blockId !== null).map(({ node }) => node);
    expect(forValue).toEqual([ahead.id]);
    const next = net.history.chain.get(3);
    expect(next?.certificate.round).toBe(1);
    expect(next?.block.header.author).not.toBe(ahead.id);
    net.expectNoViolation();
  });
});
