import type { Stream, StreamMuxer, StreamMuxerFactory } from '@libp2p/interface';
import { afterEach, describe, expect, it } from 'vitest';
import { CHANNEL_MESSAGE_BYTES_MAX, STREAM_WINDOW_BYTES_MAX } from '../../../src/limits.ts';
import { encodeFrames } from '../../../src/net/frames.ts';
import type { NetOptions } from '../../../src/net/index.ts';
import { admittedPeer, institutionOf, type NetNode, startNetNode, until } from '../../support/net-node.ts';
import { type RawPeer, type RawPeerOptions, startRawPeer } from '../../support/raw-peer.ts';

const PEER = 1;
const peerId = institutionOf(PEER);
let node: NetNode | undefined;
let raw: RawPeer | undefined;

/** A node with the higher id, and an admitted peer that dials it and misbehaves. */
async function start(
  limits: NetOptions['limits'] = {},
  options: RawPeerOptions = {},
): Promise<[NetNode, RawPeer]> {
  raw = await startRawPeer(PEER, options);
  node = await startNetNode(2, { limits: { reverseDialAfterMs: 600_000, ...limits } });
  node.net.admit([await admittedPeer(PEER, raw.addresses)]);
  return [node, raw];
}

function header(length: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, length);
  return bytes;
}

const closed = (stream: Stream): boolean => stream.status !== 'open';
const penalties = (from: NetNode): unknown[] =>
  from.reports.filter(({ code }) => code === 'P2P_PEER_PENALIZED').map((event) => event['reason']);

afterEach(async () => {
  await Promise.all([node?.net.stop(), raw?.stop()]);
});

describe('an admitted peer that', () => {
  it('announces too long a message is not read any more and charged; repeated, it is cut off for a while', async () => {
    const [net, peer] = await start({ penaltyRefusalMs: 300 });
    const connection = await peer.dial(net);
    await until(() => net.net.connected().length === 1, 'connected');
    for (let round = 0; round < 3; round += 1) {
      const stream = await peer.openChannel(connection, 'agreement');
      stream.send(header(CHANNEL_MESSAGE_BYTES_MAX.agreement + 1));
      await until(() => closed(stream), 'the stream is refused');
    }
    expect(penalties(net)).toContain('P2P_FRAME_OVERSIZE');
    await until(() => connection.status !== 'open', 'cut off');
    expect(net.reported('P2P_PEER_BARRED')).toBe(true);
    expect(net.messages).toEqual([]);
    expect(net.calls).toEqual([`+${peerId}`, `-${peerId}`]);
    await expect(peer.dial(net).then((again) => peer.openChannel(again, 'sync'))).rejects.toThrow();
    await until(
      () => net.reports.some((event) => event.code === 'P2P_PEER_BARRED' && event['direction'] === 'inbound'),
      'refused at the gate',
    );
    await until(() => {
      if (net.net.connected().length === 0) peer.dial(net).catch(() => undefined);
      return net.net.connected().length === 1;
    }, 'let in again when the time is over');
  });

  it('is penalized by the replica often enough is cut off', async () => {
    const [net, peer] = await start();
    const connection = await peer.dial(net);
    await until(() => net.net.connected().length === 1, 'connected');
    for (let count = 0; count < 19; count += 1) net.net.penalize(peerId, 'TX_SIGNATURE_INVALID');
    expect(net.net.connected()).toEqual([peerId]);
    for (let count = 0; count < 3; count += 1) net.net.penalize(peerId, 'TX_SIGNATURE_INVALID');
    expect(net.net.connected()).toEqual([]);
    await until(() => connection.status !== 'open', 'cut off');
  });

  it('sends more than its rate is read more slowly and charged, and cut off when it goes on', async () => {
    const [net, peer] = await start({ peerMessagesBurst: 100, peerMessagesPerSecond: 2_000 });
    const connection = await peer.dial(net);
    const stream = await peer.openChannel(connection, 'agreement');
    stream.send(encodeFrames(Array.from({ length: 100 }, () => Uint8Array.of(1))));
    await until(() => net.messages.length === 100, 'the burst');
    expect(penalties(net)).toEqual([]);
    const flood = encodeFrames(Array.from({ length: 1_000 }, () => Uint8Array.of(1)));
    await until(() => {
      if (!closed(stream)) stream.send(flood);
      return net.reported('P2P_PEER_BARRED');
    }, 'it is cut off');
    expect(penalties(net)).toContain('P2P_RATE_EXCEEDED');
    await until(() => connection.status !== 'open', 'closed');
  });

  it('pours into a channel that is paused at each message keeps its stream, and is read a window at a time', async () => {
    const [net, peer] = await start();
    net.onMessage = () => net.net.pause(peerId, 'transactions', 200);
    const connection = await peer.dial(net);
    const stream = await peer.openChannel(connection, 'transactions');
    const frames = encodeFrames([new Uint8Array(60_000), new Uint8Array(60_000)]);
    await until(() => {
      for (let n = 0; n < 16 && !closed(stream) && !stream.writableNeedsDrain; n += 1) stream.send(frames);
      return closed(stream) || net.messages.length >= 5;
    }, 'some pauses');
    expect(closed(stream)).toBe(false);
    expect(net.net.connected()).toEqual([peerId]);
  });

  it('begins a message and stops is charged, and the channel is closed', async () => {
    const [net, peer] = await start({ frameTicksMax: 3, tickMs: 20, silentTicksMax: 100_000 });
    const connection = await peer.dial(net);
    const stream = await peer.openChannel(connection, 'sync');
    stream.send(header(1000));
    stream.send(new Uint8Array(999));
    await until(() => closed(stream), 'the stall is noticed');
    expect(penalties(net)).toContain('P2P_FRAME_STALLED');
    expect(net.net.connected()).toEqual([peerId]);
  });

  it('opens the same channel again and again has one of them, and the newest is read', async () => {
    const [net, peer] = await start();
    const connection = await peer.dial(net);
    const first = await peer.openChannel(connection, 'sync');
    const second = await peer.openChannel(connection, 'sync');
    second.send(encodeFrames([Uint8Array.of(2)]));
    await until(() => net.messages.length === 1, 'the message');
    await until(() => closed(first), 'the first is closed');
    expect(closed(second)).toBe(false);
  });

  it('does not read makes send return false at the bound, and its other channels go on', async () => {
    const bound = 2 * 1024 * 1024;
    const [net, peer] = await start({ sendQueueBytesMax: bound }, { onStream: pauseTransactions });
    await peer.dial(net);
    await until(() => net.net.connected().length === 1, 'connected');
    const message = new Uint8Array(64 * 1024);
    let taken = 0;
    const fill = (): void => {
      while (taken < 100 * bound && net.net.send(peerId, 'transactions', message)) taken += message.length;
    };
    fill();
    net.net.send(peerId, 'agreement', Uint8Array.of(1));
    await until(() => (peer.received.get('agreement') ?? 0) > 0, 'the other channel');
    fill();
    // The queue, and what the peer's window takes before it is read.
    expect(taken).toBeLessThan(bound + 2 * STREAM_WINDOW_BYTES_MAX);
    expect(net.net.send(peerId, 'transactions', message)).toBe(false);
    peer.incoming.get('transactions')?.resume();
    await until(() => (peer.received.get('transactions') ?? 0) >= taken, 'all of it, once it reads');
    expect(net.net.send(peerId, 'transactions', message)).toBe(true);
  });

  it('closes one of our channels gets it again, and the link stands', async () => {
    const [net, peer] = await start();
    await peer.dial(net);
    await until(() => net.net.connected().length === 1, 'connected');
    const first = peer.incoming.get('agreement');
    first?.abort(new Error('on purpose'));
    await until(() => peer.incoming.get('agreement') !== first, 'opened again');
    expect(net.net.send(peerId, 'agreement', Uint8Array.of(1))).toBe(true);
    await until(() => (peer.received.get('agreement') ?? 0) > 0, 'a message on it');
    expect(net.calls).toEqual([`+${peerId}`]);
  });

  it('takes no channel is closed, and never counts as connected', async () => {
    const [net, peer] = await start({}, { protocols: [] });
    const connection = await peer.dial(net);
    await until(() => connection.status !== 'open', 'closed');
    expect(net.reported('P2P_OTHER_NETWORK')).toBe(true);
    expect(net.calls).toEqual([]);
  });

  it('announces a multiplexer frame of 4 GB is cut off before it came, and charged', async () => {
    const [net, peer] = await start({}, { muxer: muxerThatSends(() => yamuxHeader(0xffff_ffff)) });
    await peer.dial(net).catch(() => undefined);
    await until(() => penalties(net).includes('P2P_FRAME_OVERSIZE'), 'the charge');
    expect(net.net.connected()).toEqual([]);
  });

  it('announces it so early that no link stands yet is charged for each attempt', async () => {
    const [net, peer] = await start({}, { muxer: muxerThatSends(() => yamuxHeader(0xffff_ffff), 'at once') });
    await peer.dial(net).catch(() => undefined);
    await until(() => penalties(net).length > 0, 'the charge');
    expect(net.net.connected()).toEqual([]);
  });

  it('sends arbitrary frames breaks nothing but its own connections', async () => {
    const attempts = 40;
    let attempt = 0;
    const arbitrary = muxerThatSends(() => arbitraryFrames(attempt));
    const [net, peer] = await start({ penaltyRefusalMs: 0 }, { muxer: arbitrary });
    for (; attempt < attempts; attempt += 1) {
      const connection = await peer.dialAnew(net);
      await until(() => connection.status !== 'open', `attempt ${attempt} is closed`);
    }
    expect(net.calls).toEqual([]);
    const honest = await startNetNode(3);
    net.net.admit([honest.peer]);
    honest.net.admit([net.peer]);
    await until(() => honest.net.connected().length === 1, 'an honest peer connects');
    await honest.net.stop();
  });

  it('connects again and again over a standing link is charged for it', async () => {
    const [net, peer] = await start();
    await peer.dial(net);
    await until(() => net.net.connected().length === 1, 'connected');
    await until(() => {
      peer.dialAnew(net).catch(() => undefined);
      return net.reported('P2P_PEER_BARRED');
    }, 'it is cut off');
  });
});

function pauseTransactions(stream: Stream): void {
  if (stream.protocol.includes('/transactions/')) stream.pause();
}

function yamuxHeader(length: number): Uint8Array {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  view.setUint32(4, 1);
  view.setUint32(8, length);
  return bytes;
}

/** Frames of the right version with drawn types, flags, streams, lengths and content; the same for the same seed. */
function arbitraryFrames(seed: number): Uint8Array {
  let state = seed + 1;
  const draw = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  const frames = Array.from({ length: 200 }, () => {
    const data = draw(3) === 0;
    const length = draw(64);
    const frame = new Uint8Array(data ? 12 + length : 12).map((_, index) => (index < 12 ? 0 : draw(256)));
    const view = new DataView(frame.buffer);
    view.setUint8(1, data ? 0 : 1 + draw(4));
    view.setUint16(2, draw(16));
    view.setUint32(4, draw(8));
    view.setUint32(8, length);
    return frame;
  });
  return Uint8Array.from(frames.flatMap((frame) => [...frame]));
}

/** Speaks no multiplexing at all: sends the bytes, and ignores what comes. */
function muxerThatSends(bytes: () => Uint8Array, when: 'asked' | 'at once' = 'asked'): StreamMuxerFactory {
  return {
    protocol: '/yamux/1.0.0',
    createStreamMuxer: (connection) => {
      if (when === 'at once') queueMicrotask(() => connection.send(bytes()));
      else connection.addEventListener('message', () => connection.send(bytes()), { once: true });
      const muxer = { protocol: '/yamux/1.0.0', streams: [], status: 'open', close: async () => undefined };
      return Object.assign(new EventTarget(), muxer, { abort: () => undefined }) as unknown as StreamMuxer;
    },
  };
}
