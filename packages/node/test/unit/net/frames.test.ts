import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrames, FrameReader } from '../../../src/net/frames.ts';

function readAll(
  chunks: readonly Uint8Array[],
  messageBytesMax: number,
): { got: number[][]; fault: string | undefined } {
  const got: number[][] = [];
  const reader = new FrameReader(messageBytesMax, (message) => got.push([...message]));
  let fault: string | undefined;
  for (const chunk of chunks) fault = reader.push(chunk);
  return { got, fault };
}

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let offset = 0;
  for (const size of sizes) {
    chunks.push(bytes.subarray(offset, offset + size));
    offset += size;
  }
  return [...chunks, bytes.subarray(offset)];
}

describe('frames', () => {
  it('come out whole and in order however the stream is cut', () => {
    const messages = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 8 });
    const sizes = fc.array(fc.nat(12), { maxLength: 60 });
    fc.assert(
      fc.property(messages, sizes, (sent, cuts) => {
        const { got, fault } = readAll(cut(encodeFrames(sent), cuts), 40);
        expect(fault).toBeUndefined();
        expect(got).toEqual(sent.map((message) => [...message]));
      }),
    );
  });

  it('of the greatest allowed length pass, one byte more is a fault named before the message came', () => {
    expect(readAll([encodeFrames([new Uint8Array(40)])], 40).got).toHaveLength(1);
    const header = encodeFrames([new Uint8Array(41)]).subarray(0, 4);
    expect(readAll([header], 40)).toEqual({ got: [], fault: 'P2P_FRAME_OVERSIZE' });
    expect(readAll([new Uint8Array(4).fill(255)], 40).fault).toBe('P2P_FRAME_OVERSIZE');
  });

  it('without content are a fault', () => {
    expect(readAll([new Uint8Array(4)], 40).fault).toBe('P2P_FRAME_MALFORMED');
  });

  it('behind a fault are not read any more', () => {
    const bytes = new Uint8Array([0, 0, 0, 0, ...encodeFrames([Uint8Array.of(1)])]);
    expect(readAll([bytes, encodeFrames([Uint8Array.of(2)])], 40).got).toEqual([]);
  });

  it('hold no memory of the chunk that they came in', () => {
    const chunk = new Uint8Array(1024);
    chunk.set(encodeFrames([Uint8Array.of(9)]));
    const kept: Uint8Array[] = [];
    new FrameReader(40, (message) => kept.push(message)).push(chunk.subarray(0, 5));
    expect(kept[0]?.buffer.byteLength).toBe(1);
  });
});
