import { describe, expect, test } from 'vitest';
import { type Decoder, fuzz, tryDecoder } from '../../support/fuzz/decoder.ts';
import {
  ALL_SAMPLES,
  DECODERS,
  exportedDecoders,
  NO_DECODERS,
  shapeDecoders,
} from '../../support/fuzz/registry.ts';

const SHAPES = await shapeDecoders();
const RUNS = 150;

describe('the registry of decoders', () => {
  test('has every export of the protocol packages that is named like one', () => {
    const known = new Set([...DECODERS.map(({ name }) => name), ...Object.keys(NO_DECODERS)]);
    const exported = exportedDecoders();
    expect(exported.length).toBeGreaterThan(40);
    expect(exported.filter((name) => !known.has(name))).toEqual([]);
    expect(Object.keys(NO_DECODERS).filter((name) => !exported.includes(name))).toEqual([]);
  });

  test('has every exported shape', () => {
    expect(SHAPES.length).toBeGreaterThan(50);
  });
});

describe('whatever the bytes are, a decoder reads them, or refuses with a code', () => {
  test.each(DECODERS.map((decoder) => [decoder.name, decoder] as const))('%s', (_name, decoder) => {
    fuzz(decoder, ALL_SAMPLES, { numRuns: RUNS });
  });

  test('every shape of the canonical encoding', () => {
    for (const shape of SHAPES) {
      for (const sample of ALL_SAMPLES) tryDecoder(shape, sample);
      fuzz(shape, ALL_SAMPLES, { numRuns: 20 });
    }
  });
});

describe('the fuzzer finds', () => {
  const planted = (decode: Decoder['decode'], again?: Decoder['again']): Decoder => ({
    name: 'planted',
    samples: [Uint8Array.of(1, 2, 3)],
    decode,
    ...(again && { again }),
  });
  const run = (decoder: Decoder) => () => fuzz(decoder, [], { numRuns: 500, endOnFailure: true });

  test('an error without a code', () => {
    expect(run(planted((bytes) => JSON.parse(new TextDecoder().decode(bytes)) ?? 1))).toThrow();
    expect(run(planted((bytes) => bytes))).not.toThrow();
  });

  test('memory that an announced length asks for', () => {
    const greedy = planted((bytes) => new Uint8Array(bytes.length > 3 ? 100_000_000 : 1));
    expect(run(greedy)).toThrow();
  });

  test('two forms of one value', () => {
    const lax = planted(
      (bytes) => bytes.subarray(0, 3),
      (value: never) => value as Uint8Array,
    );
    expect(run(lax)).toThrow();
  });
});
