import { describe, expect, test } from 'vitest';
import { Asks, type Reply } from '../../../src/custody/asks.ts';
import type { CustodyMessage } from '../../../src/messages/custody.ts';
import { firstRequestId, nextRequestId, REQUEST_ID_MAX } from '../../../src/messages/request-ids.ts';
import { createManualClock } from '../../support/fakes.ts';

const PEER = 'a'.repeat(64);
const ID = '1'.repeat(64);

/** One run of a process that asks once; gives the id of its question. */
function askOnce(clock: ReturnType<typeof createManualClock>) {
  const sent: CustodyMessage[] = [];
  const replies: Reply[] = [];
  const asks = new Asks((_peer, message) => sent.push(message) > 0, clock);
  const question = (requestId: number): CustodyMessage => ({ type: 'blobs-request', requestId, ids: [ID] });
  asks.ask(PEER, question, 1_000, (reply) => replies.push(reply));
  const [asked] = sent;
  if (asked === undefined || !('requestId' in asked)) throw new Error('nothing was asked');
  return { asks, replies, requestId: asked.requestId };
}

describe('A question to a peer', () => {
  test('is not answered by what the run before had asked', () => {
    const clock = createManualClock();
    const before = askOnce(clock);
    clock.advance(1);
    const now = askOnce(clock);
    now.asks.answered(PEER, { type: 'blobs-answer', requestId: before.requestId, blobs: [null] });
    expect(now.replies).toEqual([]);
    now.asks.answered(PEER, { type: 'blobs-answer', requestId: now.requestId, blobs: [null] });
    expect(now.replies).toEqual([{ type: 'blobs-answer', requestId: now.requestId, blobs: [null] }]);
  });

  test('has a number within the bound, far from that of another run', () => {
    for (const nowMs of [0, 1, 1_800_000_000_000, 1_800_000_000_001]) {
      const [one, next] = [nowMs, nowMs + 1].map((ms) =>
        firstRequestId({ wallMs: () => ms, monotonicMs: () => 0 }),
      ) as [number, number];
      expect(one).toBeGreaterThan(0);
      expect(one).toBeLessThanOrEqual(REQUEST_ID_MAX);
      expect(Math.abs(next - one)).toBeGreaterThan(1_000_000);
    }
    expect(nextRequestId(REQUEST_ID_MAX)).toBe(1);
  });
});
