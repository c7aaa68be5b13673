import { CHUNK_PLAIN_BYTES, concat, fromHex, sha256 } from '@consilium/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHUNK_BYTES_MAX, dataKeyOf, openContent, sealContent } from '../../src/index.ts';
import { gcmSeal } from '../kit/hpke-noble.ts';
import { codeOfRefusal, collect, flipped, joined, patterned, scalarOf, streamOf } from '../kit/streams.ts';

const secret = scalarOf('secret');
const MIB = CHUNK_PLAIN_BYTES;

async function chunksOf(content: Uint8Array): Promise<Uint8Array[]> {
  return collect(sealContent(secret, streamOf(content)));
}

function refusalOf(chunks: readonly Uint8Array[], key: Uint8Array = secret): Promise<string> {
  return codeOfRefusal(collect(openContent(key, streamOf(...chunks))));
}

describe('the encryption of content', () => {
  it.each([
    [0, [16]],
    [1, [17]],
    [MIB - 1, [MIB + 15]],
    [MIB, [MIB + 16]],
    [MIB + 1, [MIB + 16, 17]],
    [2 * MIB, [MIB + 16, MIB + 16]],
    [3.5 * MIB, [MIB + 16, MIB + 16, MIB + 16, MIB / 2 + 16]],
  ])('of %i bytes gives chunks of %j and opens to the same bytes', async (bytes, sizes) => {
    const content = patterned(bytes);
    const chunks = await chunksOf(content);
    expect(chunks.map(({ length }) => length)).toEqual(sizes);
    const opened = await joined(openContent(secret, streamOf(...chunks)));
    expect(sha256(opened)).toEqual(sha256(content));
  });

  it('does not depend on how the content is cut into parts', async () => {
    const content = patterned(2 * MIB + 77);
    const whole = await chunksOf(content);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(content.length), { maxLength: 8 }), async (cuts) => {
        const edges = [0, ...cuts.sort((a, b) => a - b), content.length];
        const parts = edges.slice(1).map((end, at) => content.subarray(edges[at], end));
        const chunks = await collect(sealContent(secret, streamOf(...parts)));
        expect(chunks.map(sha256)).toEqual(whole.map(sha256));
      }),
      { numRuns: 10 },
    );
  });

  it('refuses every change', async () => {
    const [first, second, last] = await chunksOf(patterned(2 * MIB + 77));
    const [otherFirst] = await collect(sealContent(scalarOf('another secret'), streamOf(patterned(MIB + 1))));
    if (first === undefined || second === undefined || last === undefined || otherFirst === undefined)
      throw new Error('three chunks');
    const changes: Record<string, readonly Uint8Array[]> = {
      'nothing at all': [],
      'a bit of the first': [flipped(first, 5), second, last],
      'a bit of a tag': [first, flipped(second, MIB + 3), last],
      'a bit of the last': [first, second, flipped(last, 0)],
      'two chunks swapped': [second, first, last],
      'the first dropped': [second, last],
      'one in the middle dropped': [first, last],
      'the last dropped': [first, second],
      'all but the first dropped': [first],
      'the first twice': [first, first, second, last],
      'the last twice': [first, second, last, last],
      'the last moved to the front': [last],
      'the last cut': [first, second, last.subarray(0, -1)],
      'the last cut below its tag': [first, second, last.subarray(0, 15)],
      'an empty chunk after the last': [first, second, last, new Uint8Array(0)],
      'one in the middle cut': [first, second.subarray(0, -1), last],
      'two chunks joined': [first, concat(second, last)],
      'a byte added': [first, second, concat(last, Uint8Array.of(0))],
      'a chunk of another record': [otherFirst, second, last],
    };
    const outcomes = await Promise.all(
      Object.entries(changes).map(async ([name, chunks]) => [name, await refusalOf(chunks)]),
    );
    expect(outcomes).toEqual(Object.keys(changes).map((name) => [name, 'SEAL_INVALID']));
    expect(await refusalOf([first, second, last], scalarOf('another secret'))).toBe('SEAL_INVALID');
  });

  it('refuses an empty last chunk after others, which sealing never makes', async () => {
    const [first] = await chunksOf(patterned(MIB + 1));
    const nonce = Uint8Array.of(...new Uint8Array(11), 1);
    const empty = gcmSeal(dataKeyOf(secret), nonce, Uint8Array.of(1), new Uint8Array(0));
    expect(await refusalOf([first ?? secret, empty])).toBe('SEAL_INVALID');
  });

  it('yields what is genuine before it refuses', async () => {
    const [first, second, last] = await chunksOf(patterned(2 * MIB + 77));
    const opened = openContent(
      secret,
      streamOf(first ?? secret, flipped(second ?? secret, 9), last ?? secret),
    );
    expect((await opened.next()).value).toHaveLength(MIB);
    expect(await codeOfRefusal(opened.next())).toBe('SEAL_INVALID');
  });

  it('takes no part before it needs one, and holds no more than a chunk', async () => {
    const pulled = { parts: 0 };
    async function* parts(): AsyncGenerator<Uint8Array, void, void> {
      for (; pulled.parts < 8; ) {
        pulled.parts += 1;
        yield new Uint8Array(MIB / 2);
      }
    }
    const chunks = sealContent(secret, parts());
    expect(pulled.parts).toBe(0);
    const seen: number[] = [];
    for await (const _ of chunks) seen.push(pulled.parts);
    // Two parts fill a chunk; the third says that it is not the last.
    expect(seen).toEqual([3, 5, 7, 8]);
  });

  it('opens a chunk when the next one has come, and takes none before it is asked', async () => {
    const sealed = await chunksOf(patterned(4 * MIB));
    const pulled = { chunks: 0 };
    async function* source(): AsyncGenerator<Uint8Array, void, void> {
      for (const chunk of sealed) {
        pulled.chunks += 1;
        yield chunk;
      }
    }
    const seen: number[] = [];
    for await (const _ of openContent(secret, source())) seen.push(pulled.chunks);
    expect(seen).toEqual([2, 3, 4, 4]);
  });

  it('ends its source when it is ended early', async () => {
    const sealed = await chunksOf(patterned(3 * MIB));
    for (const run of [
      (source: AsyncGenerator<Uint8Array, void, void>) => sealContent(secret, source),
      (source: AsyncGenerator<Uint8Array, void, void>) => openContent(secret, source),
    ]) {
      let isEnded = false;
      async function* source(): AsyncGenerator<Uint8Array, void, void> {
        try {
          yield* sealed;
        } finally {
          isEnded = true;
        }
      }
      for await (const part of run(source())) {
        expect(part.length).toBeGreaterThan(0);
        break;
      }
      expect(isEnded).toBe(true);
    }
  });

  it('takes a secret scalar only', async () => {
    for (const wrong of [new Uint8Array(32), new Uint8Array(32).fill(0xff), fromHex('01')]) {
      await expect(collect(sealContent(wrong, streamOf()))).rejects.toThrow('invariant');
      await expect(collect(openContent(wrong, streamOf()))).rejects.toThrow('invariant');
    }
  });

  it('says the same of a chunk as custody bounds it', () => {
    expect(CHUNK_BYTES_MAX).toBe(1_048_592);
  });
});
