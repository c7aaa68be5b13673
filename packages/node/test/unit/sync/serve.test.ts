import { describe, expect, it } from 'vitest';
import type { BlocksAnswer } from '../../../src/messages/wire.ts';
import { BlockServer } from '../../../src/sync/serve.ts';
import { createManualClock } from '../../support/fakes.ts';

const request = (requestId: number) => ({
  type: 'blocks-request' as const,
  requestId,
  fromHeight: 1,
  count: 64,
});

function serving() {
  const clock = createManualClock();
  const sent: [string, number][] = [];
  const send = (peer: string, answer: BlocksAnswer): void => void sent.push([peer, answer.requestId]);
  let reads = 0;
  const get = (): undefined => {
    reads += 1;
    return undefined;
  };
  return { clock, sent, server: new BlockServer({ clock, kv: { get }, send }), reads: () => reads };
}

describe('requests for blocks', () => {
  it('in a flood of one peer cost one answer now, and the last one an answer after the pause', () => {
    const { clock, sent, server, reads } = serving();
    for (let id = 1; id <= 10_000; id += 1) server.asked('a', request(id));
    expect([sent, reads()]).toEqual([[['a', 1]], 1]);
    clock.advance(60_000);
    expect(sent).toEqual([
      ['a', 1],
      ['a', 10_000],
    ]);
    expect(clock.timers()).toBe(0);
  });

  it('of another peer are answered at once meanwhile', () => {
    const { sent, server } = serving();
    server.asked('a', request(1));
    server.asked('a', request(2));
    server.asked('b', request(3));
    expect(sent).toEqual([
      ['a', 1],
      ['b', 3],
    ]);
  });

  it('of a peer that left are not answered, and a pause cannot be ended by leaving', () => {
    const { clock, sent, server } = serving();
    server.asked('a', request(1));
    server.asked('a', request(2));
    server.forget('a');
    server.asked('a', request(3));
    expect(sent).toEqual([['a', 1]]);
    clock.advance(60_000);
    expect(sent).toEqual([
      ['a', 1],
      ['a', 3],
    ]);
  });
});
