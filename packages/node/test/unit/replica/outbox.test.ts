import { NO_ROUND, type Vote } from '@consilium/core';
import { describe, expect, test } from 'vitest';
import { RELAY_GATHER_MS } from '../../../src/limits.ts';
import { decodeMessage } from '../../../src/messages/wire.ts';
import { Outbox } from '../../../src/replica/outbox.ts';
import { createManualClock } from '../../support/fakes.ts';

const [SELF = '', B = '', C = '', D = ''] = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(64));
const X = '1'.repeat(64);
const Y = '2'.repeat(64);

const voteOf = (validator: string, type: Vote['type'], blockId: string | null, round = 0): Vote => ({
  ...{ type, height: 7, round, blockId, validRound: NO_ROUND, validator },
  signature: '00'.repeat(64),
});

function setUp() {
  const clock = createManualClock();
  const sent: string[] = [];
  const net = {
    connected: () => [B, C, D],
    send: (peer: string, _channel: string, bytes: Uint8Array) => {
      const message = decodeMessage(bytes);
      const votes = message.type === 'votes' ? message.votes : [];
      const words = votes.map(({ validator, type, blockId }) => `${validator[0]} ${type} ${blockId?.[0]}`);
      sent.push(`${peer[0]}: ${words.join(', ')}`);
      return true;
    },
  };
  const outbox = new Outbox({ self: SELF, net, clock });
  const hear = (from: string, vote: Vote): void => {
    outbox.setSource(from);
    outbox.relayVote(vote);
    outbox.flush();
  };
  const taken = (): string[] => sent.splice(0);
  return { outbox, clock, hear, taken };
}

describe('The outbox', () => {
  test('An own vote leaves for everybody at the end of its turn.', () => {
    const { outbox, taken } = setUp();
    outbox.setSource(B);
    outbox.relayVote(voteOf(SELF, 'prevote', X));
    expect(taken()).toEqual([]);
    outbox.flush();
    expect(taken()).toEqual(['b: a prevote 1', 'c: a prevote 1', 'd: a prevote 1']);
  });

  test('What came from others is passed on a moment later, in one message, and not to who sent or signed it.', () => {
    const { clock, hear, taken } = setUp();
    hear(B, voteOf(B, 'prevote', X));
    hear(C, voteOf(D, 'prevote', X));
    clock.advance(RELAY_GATHER_MS - 1);
    expect(taken()).toEqual([]);
    clock.advance(1);
    expect(taken()).toEqual(['b: d prevote 1', 'c: b prevote 1', 'd: b prevote 1']);
  });

  test('Who has precommitted a value is not told of prevotes for it, and is of prevotes for another.', () => {
    const { clock, hear, taken } = setUp();
    hear(B, voteOf(B, 'prevote', X));
    hear(C, voteOf(C, 'precommit', X));
    hear(B, voteOf(B, 'prevote', Y));
    clock.advance(RELAY_GATHER_MS);
    expect(taken()).toEqual([
      'b: c precommit 1',
      'c: b prevote 2',
      'd: b prevote 1, c precommit 1, b prevote 2',
    ]);
  });

  test('A precommit of another round, or for nil, shows nothing of what its signer has.', () => {
    const { clock, hear, taken } = setUp();
    hear(B, voteOf(B, 'prevote', X, 1));
    hear(C, voteOf(C, 'precommit', X, 0));
    hear(D, voteOf(D, 'precommit', null, 1));
    clock.advance(RELAY_GATHER_MS);
    const told = taken();
    expect(told.find((line) => line.startsWith('c'))).toContain('b prevote 1');
    expect(told.find((line) => line.startsWith('d'))).toContain('b prevote 1');
  });

  test('A vote that differs from the own one leaves at once, whichever of the two came first.', () => {
    const { outbox, hear, taken } = setUp();
    hear(B, voteOf(D, 'prevote', null));
    expect(taken()).toEqual([]);
    outbox.relayVote(voteOf(SELF, 'prevote', X));
    outbox.flush();
    const own = ['b: a prevote 1', 'c: a prevote 1', 'd: a prevote 1'];
    expect(taken()).toEqual([...own, 'c: d prevote undefined']);
    hear(B, voteOf(B, 'prevote', Y));
    expect(taken()).toEqual(['c: b prevote 2', 'd: b prevote 2']);
    hear(C, voteOf(C, 'prevote', X));
    hear(C, voteOf(C, 'prevote', Y, 1));
    expect(taken()).toEqual([]);
  });

  test('Nothing that was gathered leaves after it was stopped.', () => {
    const { outbox, clock, hear, taken } = setUp();
    hear(B, voteOf(B, 'prevote', X));
    outbox.stop();
    clock.advance(RELAY_GATHER_MS);
    expect(taken()).toEqual([]);
  });
});
