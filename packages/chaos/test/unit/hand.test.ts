import { certificateOf, genesisValidators, NO_ROUND, type Vote } from '@consilium/core';
import { decodeMessage, encodeMessage, type Net, type NetHandler } from '@consilium/node/replica';
import { netThrough } from '@consilium/sim';
import { describe, expect, test } from 'vitest';
import type { Hand } from '../../src/byzantine/hand.ts';
import { STRATEGIES } from '../../src/byzantine/strategies.ts';
import { idOf, type LoneHand, loneHand, prevoteFor, proposalOf, valueBy } from '../support/hands.ts';
import { votesIn } from '../support/network.ts';

const A = idOf('a');

function votesMessage(...votes: Vote[]): Uint8Array {
  return encodeMessage({ type: 'votes', votes });
}

function ownVote(lone: LoneHand, blockId: string | null = A): Uint8Array {
  return votesMessage((lone.forges[3] as (typeof lone.forges)[3]).vote(prevoteFor(blockId)));
}

function toldTo({ hand, peers }: LoneHand, bytes: Uint8Array): (readonly Uint8Array[])[] {
  return peers.map((peer) => hand.tell(peer, 'agreement', bytes));
}

describe('A hostile hand', () => {
  test('leaves everything as it is while it has no strategy, and again when it is honest.', () => {
    const lone = loneHand();
    const bytes = ownVote(lone);
    expect(toldTo(lone, bytes)).toEqual([[bytes], [bytes], [bytes]]);
    lone.hand.setStrategy('silent');
    expect(toldTo(lone, bytes)).toEqual([[], [], []]);
    lone.hand.setStrategy(undefined);
    expect(toldTo(lone, bytes)).toEqual([[bytes], [bytes], [bytes]]);
    expect(lone.notes).toEqual(['silent', 'honest']);
  });

  test('lies in as many messages as it is told to.', () => {
    const lone = loneHand();
    lone.hand.setStrategy('silent', { chance: 0.25 });
    const bytes = ownVote(lone);
    const silent = Array.from({ length: 400 }, () => lone.hand.tell(idOf('peer'), 'agreement', bytes)).filter(
      (told) => told.length === 0,
    );
    expect(silent.length).toBeGreaterThan(60);
    expect(silent.length).toBeLessThan(140);
  });

  test('slips in what its strategy says, every so often, until it is honest.', () => {
    const lone = loneHand();
    lone.hand.setStrategy('garbage');
    lone.pass(1_000);
    const before = lone.sent.length;
    expect(before).toBeGreaterThan(4);
    lone.hand.setStrategy(undefined);
    lone.pass(1_000);
    expect(lone.sent).toHaveLength(before);
  });

  test('drops what it holds back when it becomes honest.', () => {
    const lone = loneHand();
    lone.hand.setStrategy('slow-drip');
    expect(toldTo(lone, ownVote(lone))).toEqual([[], [], []]);
    lone.hand.setStrategy(undefined);
    lone.pass(60_000);
    expect(lone.sent).toEqual([]);
  });

  test('hides from its replica what its key signed elsewhere: votes, proposals, certificates.', () => {
    const lone = loneHand();
    const { hand, peers, forges, founders } = lone;
    const set = genesisValidators(founders.genesis);
    const from = peers[0] ?? '';
    const votes = forges.map((forge) => forge.vote(prevoteFor(A)));
    const [own, ...others] = votes.toReversed() as [Vote, ...Vote[]];
    const hear = (bytes: Uint8Array) => hand.hear(from, 'agreement', bytes);
    expect(hear(votesMessage(own))).toEqual([]);
    expect(hear(votesMessage(own, ...others))).toEqual([votesMessage(...others)]);
    const value = valueBy(lone, lone.self);
    expect(hear(encodeMessage(proposalOf(forges[3] as (typeof forges)[3], value)))).toEqual([]);

    const polka = encodeMessage({ type: 'certificate', certificate: certificateOf(own, votes, set) });
    const without = encodeMessage({ type: 'certificate', certificate: certificateOf(own, others, set) });
    expect(hear(polka)).toEqual([]);
    expect(hear(without)).toEqual([without]);
    // What the replica itself said may come back.
    hand.tell(from, 'agreement', votesMessage(own));
    expect(hear(polka)).toEqual([polka]);
  });

  test('passes bytes on that are no message, and what custodians say, under every strategy.', () => {
    for (const name of STRATEGIES.keys()) {
      const lone = loneHand();
      lone.hand.setStrategy(name);
      const junk = Uint8Array.of(9, 9, 9);
      expect(lone.hand.hear(lone.peers[0] ?? '', 'agreement', junk), name).toEqual([junk]);
      expect(lone.hand.hear(lone.peers[0] ?? '', 'custody', junk), name).toEqual([junk]);
      const told = lone.hand.tell(lone.peers[0] ?? '', 'custody', junk);
      if (name !== 'silent' && name !== 'slow-drip') expect(told, name).toEqual([junk]);
    }
  });

  test('knows the height from what its replica tells its peers.', () => {
    const lone = loneHand();
    const at = { base: 1, height: 7, lastBlockId: A, round: 0, awake: false, timeMs: 1_800_000_000_000 };
    lone.hand.tell(lone.peers[0] ?? '', 'agreement', encodeMessage({ type: 'status', ...at }));
    const proposal = proposalOf(
      lone.forges[0] as (typeof lone.forges)[0],
      valueBy(lone, lone.peers[0] ?? ''),
    );
    lone.hand.hear(lone.peers[0] ?? '', 'agreement', encodeMessage(proposal));
    lone.hand.setStrategy('vote-for-all');
    lone.pass(200);
    const votes = lone.sent.flatMap(({ bytes }) => votesIn(bytes));
    expect(votes.length).toBeGreaterThan(0);
    expect(new Set(votes.map(({ height }) => height))).toEqual(new Set([7]));
  });

  test('stands in a network port: what leaves and what arrives passes through it.', () => {
    const sent: Uint8Array[] = [];
    let handler: NetHandler | undefined;
    const net: Net = {
      start: (given) => {
        handler = given;
      },
      connected: () => [idOf('peer')],
      send: (_peer, _channel, bytes) => sent.push(bytes) > 0,
      pause: () => undefined,
      penalize: () => undefined,
      admit: () => undefined,
    };
    const hand: Hand = {
      setStrategy: () => undefined,
      tell: (_to, _channel, bytes) => [bytes, bytes],
      hear: () => [],
    };
    const through = netThrough(net, () => hand);
    const arrived: Uint8Array[] = [];
    through.start({
      onMessage: (_peer, _channel, bytes) => arrived.push(bytes),
      onConnect: () => undefined,
      onDisconnect: () => undefined,
    });
    expect(through.send(idOf('peer'), 'agreement', Uint8Array.of(1))).toBe(true);
    handler?.onMessage(idOf('peer'), 'agreement', Uint8Array.of(2));
    expect([sent.length, arrived.length]).toEqual([2, 0]);
    expect(through.connected()).toEqual([idOf('peer')]);
  });
});

describe('A strategy tells everybody one lie where two would prove themselves', () => {
  test.each(['wrong-valid-round', 'invalid-block', 'wrong-roots', 'wrong-time', 'bad-signatures'] as const)(
    '%s',
    (name) => {
      for (let seed = 1; seed <= 20; seed += 1) {
        const lone = loneHand(seed);
        const forge = lone.forges[3] as (typeof lone.forges)[3];
        lone.hand.setStrategy(name);
        const value = valueBy(lone, lone.self);
        const proposal = encodeMessage(proposalOf(forge, value));
        const told = [...toldTo(lone, proposal), ...toldTo(lone, proposal)].flat();
        expect(new Set(told.map((bytes) => `${bytes}`)).size).toBe(1);
        // A drawn validRound may be the true one.
        if (name !== 'wrong-valid-round') expect(told[0]).not.toEqual(proposal);
        const message = decodeMessage(told[0] as Uint8Array);
        expect(message.type === 'proposal' && message.proposal.validator).toBe(lone.self);
        const votes = toldTo(lone, votesMessage(forge.vote(prevoteFor(A, 1)))).flat();
        expect(new Set(votes.map((bytes) => `${bytes}`)).size).toBe(1);
      }
    },
  );

  test('A forger of values votes for them, and hands them out when asked.', () => {
    const lone = loneHand();
    const forge = lone.forges[3] as (typeof lone.forges)[3];
    lone.hand.setStrategy('wrong-roots');
    const honest = proposalOf(forge, valueBy(lone, lone.self));
    const [told] = lone.hand.tell(lone.peers[0] ?? '', 'agreement', encodeMessage(honest));
    const forged = decodeMessage(told as Uint8Array);
    if (forged.type !== 'proposal') throw new Error('no proposal left');
    const { blockId } = forged.proposal;
    expect(blockId).not.toBe(honest.proposal.blockId);
    const vote = votesMessage(forge.vote(prevoteFor(honest.proposal.blockId)));
    expect(toldTo(lone, vote).flat()[0]).toEqual(votesMessage(forge.vote(prevoteFor(blockId))));

    const asked = encodeMessage({ type: 'value-request', height: 5, blockId });
    expect(lone.hand.hear(lone.peers[1] ?? '', 'agreement', asked)).toEqual([]);
    expect(lone.sent.map(({ to, bytes }) => [to, decodeMessage(bytes)])).toEqual([
      [lone.peers[1], { type: 'value', value: forged.value }],
    ]);
    expect(forged.proposal.validRound).toBe(NO_ROUND);
  });
});
