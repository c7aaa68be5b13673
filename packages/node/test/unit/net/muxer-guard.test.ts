import { describe, expect, it } from 'vitest';
import { PEER_MESSAGES_BURST, STREAM_OPENS_BURST, STREAM_WINDOW_BYTES_MAX } from '../../../src/limits.ts';
import { createFrameWatch } from '../../../src/net/muxer-guard.ts';

const DATA = 0;
const WINDOW_UPDATE = 1;
const PING = 2;
const SYN = 1;

function header(type: number, flags: number, stream: number, length: number): Uint8Array {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  view.setUint8(1, type);
  view.setUint16(2, flags);
  view.setUint32(4, stream);
  view.setUint32(8, length);
  return bytes;
}

function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

describe('the watch below the multiplexer', () => {
  it('passes data up to one window and follows frames through any cut', () => {
    const bytes = join(
      header(DATA, 0, 1, 5),
      new Uint8Array(5).fill(255),
      header(PING, SYN, 0, 1),
      header(DATA, 0, 1, 3),
    );
    for (let size = 1; size <= bytes.length; size += 1) {
      const watch = createFrameWatch(0);
      for (let offset = 0; offset < bytes.length; offset += size) {
        expect(watch(bytes.subarray(offset, offset + size), 0)).toBeUndefined();
      }
    }
    expect(createFrameWatch(0)(header(DATA, 0, 1, STREAM_WINDOW_BYTES_MAX), 0)).toBeUndefined();
  });

  it('names a frame longer than a window before its content came', () => {
    expect(createFrameWatch(0)(header(DATA, 0, 1, STREAM_WINDOW_BYTES_MAX + 1), 0)).toBe(
      'P2P_FRAME_OVERSIZE',
    );
    const late = join(header(DATA, 0, 1, 2), new Uint8Array(2), header(DATA, 0, 1, 0xffff_ffff));
    expect(createFrameWatch(0)([late.subarray(0, 20), late.subarray(20)], 0)).toBe('P2P_FRAME_OVERSIZE');
  });

  it('bounds how often streams are opened', () => {
    const watch = createFrameWatch(0);
    const opens = (count: number, nowMs: number): unknown[] =>
      Array.from({ length: count }, (_, index) => watch(header(WINDOW_UPDATE, SYN, 2 * index + 1, 0), nowMs));
    expect(opens(STREAM_OPENS_BURST, 0).every((breach) => breach === undefined)).toBe(true);
    expect(opens(1, 0)).toEqual(['P2P_RATE_EXCEEDED']);
  });

  it('bounds how many frames come at once', () => {
    const watch = createFrameWatch(0);
    const ping = header(PING, SYN, 0, 1);
    for (let count = 0; count < PEER_MESSAGES_BURST; count += 1) watch(ping, 0);
    expect(watch(ping, 0)).toBe('P2P_RATE_EXCEEDED');
  });
});
