import { describe, expect, it } from 'vitest';
import type { BlocksAnswer, SyncRefusal } from '../../../src/messages/wire.ts';
import { heightKey } from '../../../src/replica/chain.ts';
import { BlockServer } from '../../../src/sync/serve.ts';
import { TABLES } from '../../../src/tables.ts';
import { createManualClock } from '../../support/fakes.ts';

const request = (requestId: number) => ({
  type: 'blocks-request' as const,
  requestId,
  fromHeight: 1,
  count: 64,
});

function serving(base = 1) {
  const clock = createManualClock();
  const sent: [string, number][] = [];
  const answers: (BlocksAnswer | SyncRefusal)[] = [];
  const send = (peer: string, answer: BlocksAnswer | SyncRefusal): void => {
    answers.push(answer);
    sent.push([peer, answer.requestId]);
  };
  let reads = 0;
  const get = (table: number): Uint8Array | undefined => {
    if (table === TABLES.meta) return base === 1 ? undefined : heightKey(base);
    reads += 1;
    return undefined;
  };
  return { answers, clock, sent, server: new BlockServer({ clock, kv: { get }, send }), reads: () => reads };
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

  it('below the base are refused with the base, and cost the peer its pause', () => {
    const { answers, server } = serving(5);
    server.asked('a', request(1));
    server.asked('a', request(2));
    expect(answers).toEqual([{ type: 'sync-refusal', requestId: 1, code: 'BLOCK_PRUNED', base: 5 }]);
  });
});
