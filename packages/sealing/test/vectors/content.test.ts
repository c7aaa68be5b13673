import { readFileSync } from 'node:fs';
import { fromHex, toHex } from '@consilium/core';
import { describe, expect, it } from 'vitest';
import { dataKeyOf, openRecord, sealRecord } from '../../src/index.ts';
import { gcmOpen } from '../kit/hpke-noble.ts';
import { joined, streamOf } from '../kit/streams.ts';

interface RecordVector {
  readonly name: string;
  readonly secret: string;
  readonly dataKey: string;
  readonly header: { readonly mediaType: string; readonly name: string | null; readonly bytes: number };
  readonly content: string;
  readonly framed: string;
  readonly sealed: string;
}

const { records } = JSON.parse(readFileSync(new URL('content.json', import.meta.url), 'utf8')) as {
  readonly records: readonly RecordVector[];
};

describe('the published vectors of sealed content', () => {
  it.each(records)('$name: the data key', ({ secret, dataKey }) => {
    expect(toHex(dataKeyOf(fromHex(secret)))).toBe(dataKey);
  });

  it.each(records)('$name: sealed', async ({ secret, header, content, sealed }) => {
    expect(toHex(await joined(sealRecord(fromHex(secret), header, streamOf(fromHex(content)))))).toBe(sealed);
  });

  it.each(records)('$name: opened', async ({ secret, header, content, sealed }) => {
    const opened = await openRecord(fromHex(secret), streamOf(fromHex(sealed)));
    expect(opened.header).toEqual(header);
    expect(toHex(await joined(opened.content))).toBe(content);
  });

  it.each(records)('$name: opened by another engine', ({ dataKey, framed, sealed }) => {
    const frame = gcmOpen(fromHex(dataKey), new Uint8Array(12), Uint8Array.of(1), fromHex(sealed));
    expect(toHex(frame)).toBe(framed);
  });
});
