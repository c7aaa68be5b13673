import { beforeAll, describe, expect, test } from 'vitest';
import {
  decodeSnapshotMessage,
  encodeSnapshotMessage,
  type SnapshotMessage,
  type SnapshotRequest,
} from '../../../src/messages/snapshot.ts';
import type { NetHandler } from '../../../src/ports.ts';
import { baseWrite } from '../../../src/replica/chain.ts';
import { SnapshotServer } from '../../../src/sync/snapshot-server.ts';
import { createManualClock } from '../../support/fakes.ts';
import { createPast, createRowsKv, type Past, sourceOf } from '../../support/join-world.ts';

let past: Past;
beforeAll(() => {
  past = createPast();
});

function serving(base = 1) {
  const clock = createManualClock();
  const kv = createRowsKv(past.kv);
  if (base > 1) kv.write([baseWrite(base)], () => undefined);
  const sent: SnapshotMessage[] = [];
  const blamed: string[] = [];
  let handler: NetHandler | undefined;
  const net = {
    start: (given: NetHandler) => {
      handler = given;
    },
    connected: () => [],
    send: (_peer: string, _channel: string, bytes: Uint8Array) => sent.push(decodeSnapshotMessage(bytes)) > 0,
    pause: () => undefined,
    penalize: (_peer: string, code: string) => void blamed.push(code),
  };
  const lightSteps = (_from: number, done: (steps: Uint8Array) => void): void => done(new Uint8Array());
  new SnapshotServer({ clock, kv, net, source: sourceOf([past.snapshot()]), lightSteps }).start();
  const ask = (message: SnapshotRequest): void =>
    handler?.onMessage('newcomer', 'snapshot', encodeSnapshotMessage(message));
  const say = (bytes: Uint8Array): void => handler?.onMessage('newcomer', 'snapshot', bytes);
  return { clock, sent, blamed, ask, say };
}

describe('a newcomer that asks', () => {
  test('for what is not there is refused with a code', () => {
    const { clock, sent, ask } = serving();
    ask({ type: 'chunk-request', requestId: 1, height: 99, index: 0 });
    clock.advance(100);
    ask({ type: 'headers-request', requestId: 2, from: 9, count: 5 });
    clock.advance(100);
    ask({ type: 'window-request', requestId: 3, from: 99, count: 1 });
    expect(sent).toEqual([
      { type: 'refusal', requestId: 1, code: 'SNAPSHOT_GONE' },
      { type: 'refusal', requestId: 2, code: 'BLOCK_NOT_FOUND' },
      { type: 'refusal', requestId: 3, code: 'BLOCK_NOT_FOUND' },
    ]);
  });

  test('for blocks below the base is told that they are pruned', () => {
    const { sent, ask } = serving(5);
    ask({ type: 'headers-request', requestId: 3, from: 4, count: 100 });
    expect(sent[0]).toMatchObject({ code: 'BLOCK_PRUNED' });
  });

  test('too much at once is answered in turn, as fast as it may be, and no more than that', () => {
    const { clock, sent, ask } = serving();
    for (let requestId = 1; requestId <= 1_000; requestId += 1)
      ask({ type: 'window-request', requestId, from: 1, count: 5 });
    expect(sent).toHaveLength(1);
    clock.advance(60_000);
    expect(sent.map((answer) => answer.requestId)).toEqual([1, 2, 3, 4, 5]);
  });

  test('in a form that is none is charged', () => {
    const { blamed, say } = serving();
    say(Uint8Array.of(1, 2, 3));
    say(Uint8Array.of(9));
    say(
      encodeSnapshotMessage({ type: 'offers-request', requestId: 1 }).map((byte, at) =>
        at === 0 ? 7 : byte,
      ),
    );
    expect(blamed).toEqual([
      'snapshot.ENCODING_INVALID',
      'snapshot.ENCODING_INVALID',
      'snapshot.ENCODING_INVALID',
    ]);
  });

  test('for the window gets the last blocks of it first', () => {
    const { sent, ask } = serving();
    ask({ type: 'window-request', requestId: 1, from: 2, count: 3 });
    const [answer] = sent;
    if (answer?.type !== 'window') throw new Error('no window');
    expect(answer.blocks.map(({ block }) => block.header.height)).toEqual([2, 3, 4]);
  });
});
