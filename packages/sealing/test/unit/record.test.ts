import { CHUNK_PLAIN_BYTES, concat, sha256, utf8 } from '@consilium/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openContent, openRecord, type RecordHeader, sealContent, sealRecord } from '../../src/index.ts';
import { codeOfRefusal, collect, joined, patterned, scalarOf, streamOf } from '../kit/streams.ts';

const secret = scalarOf('secret');
const MIB = CHUNK_PLAIN_BYTES;

function headerOf(bytes: number): RecordHeader {
  return { mediaType: 'application/fhir+json', name: null, bytes };
}

async function sealedOf(content: Uint8Array, header = headerOf(content.length)): Promise<Uint8Array[]> {
  return collect(sealRecord(secret, header, streamOf(content)));
}

async function framedOf(content: Uint8Array): Promise<Uint8Array> {
  return joined(openContent(secret, streamOf(...(await sealedOf(content)))));
}

/** The refusal of a record whose frame is these bytes, wherever it comes. */
async function refusalOfFrame(framed: Uint8Array): Promise<string> {
  const chunks = sealContent(secret, streamOf(framed));
  return codeOfRefusal(openRecord(secret, chunks).then(({ content }) => collect(content)));
}

describe('a record', () => {
  it.each([0, 1, 400, 460, MIB - 600, MIB - 40, MIB, 3.5 * MIB])(
    'of %i bytes opens to its header and content',
    async (bytes) => {
      const content = patterned(bytes);
      const header = { mediaType: 'image/tiff', name: 'Größe 1.tif', bytes };
      const opened = await openRecord(secret, streamOf(...(await sealedOf(content, header))));
      expect(opened.header).toEqual(header);
      expect(sha256(await joined(opened.content))).toEqual(sha256(content));
    },
  );

  it('has a size in blocks of 512 bytes, the same for what is small', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(2_000), async (bytes) => {
        const framed = await framedOf(patterned(bytes));
        expect(framed.length % 512).toBe(0);
        expect(framed.length - bytes).toBeLessThan(512 + 100);
      }),
      { numRuns: 30 },
    );
    expect(await framedOf(patterned(3))).toHaveLength(512);
    expect(await framedOf(patterned(350))).toHaveLength(512);
  });

  it('is not sealed with more or less content than its header says', async () => {
    for (const bytes of [0, 9, 11, MIB]) {
      expect(await codeOfRefusal(sealedOf(patterned(10), headerOf(bytes)))).toBe('VALUE_INVALID');
    }
  });

  it('does not take the rest of content that is too long', async () => {
    let pulled = 0;
    async function* endless(): AsyncGenerator<Uint8Array, void, void> {
      for (;;) {
        pulled += 1;
        yield new Uint8Array(100);
      }
    }
    expect(await codeOfRefusal(collect(sealRecord(secret, headerOf(250), endless())))).toBe('VALUE_INVALID');
    expect(pulled).toBe(3);
  });

  it('is not sealed under a header that is none', async () => {
    for (const header of [
      { mediaType: '', name: null, bytes: 0 },
      { mediaType: 'a'.repeat(257), name: null, bytes: 0 },
      { mediaType: 'text/plain', name: '', bytes: 0 },
      { mediaType: 'text/plain', name: null, bytes: -1 },
      { mediaType: 'text/plain', name: null, bytes: 2 ** 40 },
    ])
      expect(await codeOfRefusal(sealedOf(new Uint8Array(0), header))).toBe('ENCODING_INVALID');
  });

  it('takes the longest header there is', async () => {
    const header = { mediaType: '€'.repeat(256), name: '€'.repeat(255), bytes: 0 };
    const { header: opened, content } = await openRecord(secret, sealRecord(secret, header, streamOf()));
    expect(opened).toEqual(header);
    expect(await collect(content)).toEqual([]);
  });

  it('is refused when its frame is another than sealing makes', async () => {
    const content = patterned(600);
    const framed = await framedOf(content);
    const changed = (at: number, byte: number): Uint8Array =>
      framed.map((old, index) => (index === at ? byte : old));
    const headerLength = framed[3] ?? 0;
    const paddingAt = 4 + headerLength + content.length;
    const frames: Record<string, Uint8Array> = {
      empty: new Uint8Array(0),
      'shorter than its length': framed.subarray(0, 3),
      'a header past the end': changed(1, 1),
      'a header over its bound': changed(2, 9),
      'a header a byte short': changed(3, headerLength - 1),
      'no CBOR': changed(4, 0xff),
      'content cut': framed.subarray(0, paddingAt - 1),
      'no padding': framed.subarray(0, paddingAt),
      'padding a byte short': framed.subarray(0, -1),
      'padding a byte long': concat(framed, new Uint8Array(1)),
      'padding a block long': concat(framed, new Uint8Array(512)),
      'padding with another start': changed(paddingAt, 0),
      'padding with another end': changed(framed.length - 1, 1),
    };
    const outcomes = await Promise.all(
      Object.entries(frames).map(async ([name, frame]) => [name, await refusalOfFrame(frame)]),
    );
    expect(outcomes).toEqual(Object.keys(frames).map((name) => [name, 'SEAL_INVALID']));
  });

  it('is refused when a chunk is missing at its end', async () => {
    const chunks = await sealedOf(patterned(2 * MIB));
    const opened = await openRecord(secret, streamOf(...chunks.slice(0, -1)));
    expect(await codeOfRefusal(collect(opened.content))).toBe('SEAL_INVALID');
  });

  it('does not say its header under another secret', async () => {
    const chunks = await sealedOf(utf8('content'));
    expect(await codeOfRefusal(openRecord(scalarOf('another'), streamOf(...chunks)))).toBe('SEAL_INVALID');
  });

  it('ends its source when its content is ended before it was begun', async () => {
    const chunks = await sealedOf(patterned(3 * MIB));
    let isEnded = false;
    async function* source(): AsyncGenerator<Uint8Array, void, void> {
      try {
        yield* chunks;
      } finally {
        isEnded = true;
      }
    }
    const { content } = await openRecord(secret, source());
    expect(isEnded).toBe(false);
    await content.return();
    expect(isEnded).toBe(true);
  });
});
