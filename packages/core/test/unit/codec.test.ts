import { decode as dagCborDecode, encode as dagCborEncode } from '@ipld/dag-cbor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  byteString,
  compareKeys,
  compareText,
  decode,
  encode,
  flag,
  hex16,
  hex32,
  integer,
  isConsiliumError,
  list,
  nullable,
  oneOf,
  type PlainValue,
  plainValue,
  refined,
  type Shape,
  struct,
  text,
  toHex,
  tryFromUtf8,
  utf8,
  variants,
} from '../../src/index.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 90 });
const key = fc.string({ unit: 'binary', maxLength: 30 }).filter((name) => name !== '__proto__');
const plain: fc.Arbitrary<PlainValue> = fc.letrec<{ value: PlainValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom<PlainValue>(null, true, false),
    fc.maxSafeInteger(),
    fc.integer({ min: -300, max: 300 }),
    anyText,
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie('value'), { maxLength: 30 }),
    fc.dictionary(key, tie('value'), { maxKeys: 30 }),
  ),
})).value;

describe('the encoding of plain values', () => {
  it('is what the DAG-CBOR library writes, and that library reads it back', () => {
    fc.assert(
      fc.property(plain.filter(isNoLink), (value) => {
        const bytes = encode(plainValue, value);
        expect(toHex(bytes)).toBe(toHex(dagCborEncode(value)));
        expect(toHex(encode(plainValue, dagCborDecode<PlainValue>(bytes)))).toBe(toHex(bytes));
      }),
      { numRuns: 500 },
    );
  });

  it('gives back every value, byte order marks and all', () => {
    fc.assert(
      fc.property(plain, (value) => {
        expect(decode(plainValue, encode(plainValue, value), 1e6)).toEqual(value);
      }),
    );
  });

  it('sorts the keys of a map whatever the order in which they were set', () => {
    fc.assert(
      fc.property(fc.dictionary(key, fc.nat(), { maxKeys: 20 }), (map) => {
        const reversed = Object.fromEntries(Object.entries(map).toReversed());
        expect(toHex(encode(plainValue, reversed))).toBe(toHex(encode(plainValue, map)));
      }),
    );
  });

  it('orders keys by length of their UTF-8, then by its bytes', () => {
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        const [left, right] = [utf8(a), utf8(b)];
        const expected = left.length - right.length || compareText(toHex(left), toHex(right));
        expect(Math.sign(compareKeys(a, b))).toBe(Math.sign(expected));
      }),
    );
  });

  it('copies byte strings out of the buffer that it reads', () => {
    const bytes = encode(plainValue, [Uint8Array.of(1, 2, 3)]);
    const value = decode(plainValue, bytes, 100);
    bytes.fill(0);
    expect(value).toEqual([Uint8Array.of(1, 2, 3)]);
    expect((value as [Uint8Array])[0].buffer.byteLength).toBe(3);
  });

  it('reads a Node buffer as it reads any bytes', () => {
    const value = decode(plainValue, Buffer.from(encode(plainValue, { a: Uint8Array.of(9) })), 100);
    expect(Object.getPrototypeOf((value as { a: Uint8Array }).a)).toBe(Uint8Array.prototype);
  });
});

describe('UTF-8', () => {
  it('is read as a strict decoder reads it', () => {
    const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc
        .array(fc.constantFrom(0x41, 0x80, 0xbf, 0xc1, 0xc3, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xa0, 0x90), {
          maxLength: 6,
        })
        .map((units) => Uint8Array.from(units)),
      fc.string({ unit: 'binary', maxLength: 6000 }).map(utf8),
    );
    fc.assert(
      fc.property(bytes, (sample) => {
        let expected: string | undefined;
        try {
          expected = strict.decode(sample);
        } catch {
          expected = undefined;
        }
        expect(tryFromUtf8(sample)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });

  it('of any length comes back', () => {
    for (const length of [63, 64, 4095, 4096, 4097, 100_000]) {
      for (const unit of ['a', 'é', '€', '😀']) {
        const long = unit.repeat(length);
        expect(tryFromUtf8(utf8(long))).toBe(long);
      }
    }
  });
});

describe('a value without its shape is not encoded', () => {
  const holes: number[] = [];
  holes[2] = 1;
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  const point = struct<{ x: number; label: string | null }>({
    x: integer(-5, 5),
    label: nullable(text(3, 1)),
  });
  class Point {
    x = 1;
    label = null;
  }
  const cases: readonly (readonly [name: string, shape: Shape<never>, value: unknown])[] = [
    ['a list with holes', list(integer(0, 9), 9), holes],
    ['a list of anything with holes', plainValue, holes],
    ['a value that holds itself', plainValue, circle],
    ['undefined', plainValue, undefined],
    ['undefined in a map', plainValue, { a: undefined }],
    ['a float', plainValue, 1.5],
    ['minus zero', plainValue, -0],
    ['minus zero as an integer', integer(-1, 1), -0],
    ['not a number', plainValue, Number.NaN],
    ['2^53', plainValue, 2 ** 53],
    ['a big integer', plainValue, 5n],
    ['a function', plainValue, () => 1],
    ['a date', plainValue, new Date(0)],
    ['a map object', plainValue, new Map()],
    ['an instance of a class', point, new Point()],
    ['another typed array', plainValue, new Uint16Array(2)],
    ['a lone surrogate', plainValue, '\ud800'],
    ['a lone surrogate as text', text(3), '\udc00'],
    ['a lone surrogate in a key', plainValue, { '\ud800': 1 }],
    ['a reserved key', plainValue, JSON.parse('{"__proto__": 1}')],
    ['a field more', point, { x: 1, label: null, more: 1 }],
    ['a field less', point, { x: 1 }],
    ['another field', point, { x: 1, lable: null }],
    ['text that is too long', point, { x: 1, label: 'long' }],
    ['text that is too short', point, { x: 1, label: '' }],
    ['an integer that is too large', point, { x: 6, label: null }],
    ['a word that is not of the list', oneOf('yes', 'no'), 'maybe'],
    ['a number as a flag', flag, 1],
    ['upper-case hex', hex32, 'AB'.repeat(32)],
    ['hex of another length', hex32, 'ab'.repeat(31)],
    ['bytes where hex belongs', hex32, new Uint8Array(32)],
  ].map(([name, shape, value]) => [name as string, shape as Shape<never>, value]);

  it.each(cases)('%s', (_name, shape, value) => {
    let error: unknown;
    try {
      encode(shape, value as never);
    } catch (thrown) {
      error = thrown;
    }
    expect(isConsiliumError(error, 'ENCODING_INVALID')).toBe(true);
  });
});

describe('the direct way between a value and its bytes', () => {
  interface Fields {
    readonly id: string;
    readonly count: number;
    readonly name: string;
    readonly isSet: boolean;
    readonly parts: readonly { readonly bytes: Uint8Array; readonly more: 'yes' | 'no' | null }[];
    readonly body: PlainValue;
  }
  type Sample = Fields & ({ readonly type: 'one' } | { readonly type: 'other' });
  const fields = {
    id: hex16,
    count: integer(-70_000, 70_000),
    name: refined(text(6, 1), (name) => name !== 'no'),
    isSet: flag,
    parts: list(struct<Fields['parts'][0]>({ bytes: byteString(40), more: nullable(oneOf('yes', 'no')) }), 3),
    body: plainValue,
  };
  const shape: Shape<Sample> = variants<Sample>({
    one: struct({ type: oneOf('one'), ...fields }),
    other: struct({ type: oneOf('other'), ...fields }),
  });
  // Without its direct way a shape goes the plain one, and so do all in it.
  const plainShape: Shape<Sample> = { toWire: shape.toWire, fromWire: shape.fromWire };
  const mostly = <T>(right: fc.Arbitrary<T>, ...wrong: readonly unknown[]): fc.Arbitrary<unknown> =>
    fc.oneof<[fc.WeightedArbitrary<unknown>, fc.WeightedArbitrary<unknown>]>(
      { weight: 20, arbitrary: right },
      { weight: 1, arbitrary: fc.constantFrom(...wrong) },
    );
  const part = fc.record({
    bytes: mostly(fc.uint8Array({ maxLength: 40 }), new Uint8Array(41), 'aa'),
    more: mostly(fc.constantFrom('yes', 'no', null), 'maybe', undefined),
  });
  const sample = fc.record({
    type: mostly(fc.constantFrom('one', 'other'), 'third'),
    id: mostly(
      fc.uint8Array({ minLength: 16, maxLength: 16 }).map(toHex),
      ...['', 'AB'.repeat(16), 'zz'.repeat(16), 'ab'.repeat(15)],
    ),
    count: mostly(fc.integer({ min: -70_000, max: 70_000 }), -0, 0.5, 2 ** 53, 70_001),
    name: mostly(fc.string({ minLength: 1, maxLength: 6 }), 'no', '\ud800', '', 'too long'),
    isSet: mostly(fc.boolean(), 1),
    parts: mostly(fc.array(part, { maxLength: 3 }), Array(4).fill({ bytes: new Uint8Array(0), more: null })),
    body: plain,
  });
  const outcomeOf = (attempt: () => unknown): unknown => {
    try {
      return attempt();
    } catch (error) {
      if (!isConsiliumError(error)) throw error;
      return [error.code, error.data];
    }
  };

  it('writes the same bytes, or gives the same refusal, as the plain one', () => {
    let written = 0;
    fc.assert(
      fc.property(sample, (value) => {
        const direct = outcomeOf(() => toHex(encode(shape, value as unknown as Sample)));
        expect(direct).toEqual(outcomeOf(() => toHex(encode(plainShape, value as unknown as Sample))));
        if (typeof direct === 'string') written += 1;
      }),
      { numRuns: 1000 },
    );
    expect(written).toBeGreaterThan(100);
  });

  it('reads the same values, or gives the same refusal, whatever the bytes', () => {
    const whole = sample.map((value) => outcomeOf(() => encode(shape, value as unknown as Sample)));
    const edited = fc
      .tuple(whole, fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 2 }), fc.nat(400))
      .map(([bytes, edits, end]) => {
        const copy = bytes instanceof Uint8Array ? bytes.slice(0, end) : Uint8Array.of(end & 255);
        for (const [at, byte] of edits) if (at < copy.length) copy[at] = byte;
        return copy;
      });
    let read = 0;
    fc.assert(
      fc.property(edited, (bytes) => {
        const direct = outcomeOf(() => decode(shape, bytes, 1e6));
        expect(direct).toEqual(outcomeOf(() => decode(plainShape, bytes, 1e6)));
        if (!Array.isArray(direct)) read += 1;
      }),
      { numRuns: 2000 },
    );
    expect(read).toBeGreaterThan(100);
  });

  it('writes after what it is given', () => {
    const before = Uint8Array.of(9, 8);
    for (const each of [flag, { toWire: flag.toWire, fromWire: flag.fromWire }])
      expect(toHex(encode(each, true, before))).toBe('0908f5');
  });

  it('says what is wrong where', () => {
    const bytes = encode(struct({ a: list(integer(0, 9), 3) }), { a: [1, 9] });
    expect(() => decode(struct({ a: list(integer(0, 8), 3) }), bytes, 100)).toThrow(
      expect.objectContaining({ data: { path: '$.a[1]' } }),
    );
  });
});

describe('the bounds of decoding', () => {
  it('say how large the bytes were', () => {
    expect(() => decode(plainValue, new Uint8Array(11), 10)).toThrow(
      expect.objectContaining({ code: 'ENCODING_TOO_LARGE', data: { bytes: 11, bytesMax: 10 } }),
    );
  });

  it('end a flood of small items and of nesting early', () => {
    const flood = new Uint8Array(2 ** 23).fill(0x80);
    flood.set([0x9a, 0x00, 0x7f, 0xff, 0xfb]);
    const nested = new Uint8Array(2 ** 23).fill(0x81);
    for (const bytes of [flood, nested])
      expect(() => decode(plainValue, bytes, bytes.length)).toThrow(
        expect.objectContaining({ code: 'ENCODING_INVALID' }),
      );
  });
});

/** That library takes a map with equal `/` and `bytes` for a link. */
function isNoLink(value: PlainValue): boolean {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return true;
  return !Object.hasOwn(value, '/') && Object.values(value).every(isNoLink);
}
