import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ConsiliumError,
  concat,
  ERRORS,
  type PlainValue,
  toHex,
  tryReadCbor,
  writeCbor,
} from '../../src/index.ts';
import { KINDS, type Kind } from '../kit/samples.ts';

const RUNS = 400;
const SIGNATURE = new Uint8Array(64).fill(7);

/** Either the bytes come back, or a refusal with a code of the table. Anything else fails. */
function decodesOrRefuses(kind: Kind, bytes: Uint8Array): 'decoded' | 'refused' {
  try {
    expect(toHex(kind.reencode(bytes))).toBe(toHex(bytes));
    return 'decoded';
  } catch (error) {
    if (!(error instanceof ConsiliumError)) throw error;
    expect(ERRORS).toHaveProperty(error.code);
    expect(error.code).toMatch(/^ENCODING_/);
    return 'refused';
  }
}

const head = fc
  .tuple(fc.nat(255), fc.uint8Array({ maxLength: 9 }))
  .map(([initial, rest]) => concat(Uint8Array.of(initial), rest));

/** CBOR in every major type and form, canonical or not, complete or not. */
const { item } = fc.letrec<{ item: Uint8Array }>((tie) => ({
  item: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    head,
    fc.constantFrom(
      ...['f6', 'f7', 'f97e00', 'fb8000000000000000', 'c0', 'd82a', 'ff', '9f', 'bf', '1817'].map(ofHex),
    ),
    fc.string().map((text) => writeCbor(text.toWellFormed())),
    fc
      .array(tie('item'), { maxLength: 5 })
      .map((items) => concat(Uint8Array.of(0x80 + items.length), ...items)),
    fc
      .array(
        fc.tuple(
          fc.oneof(
            fc.constantFrom('a', 'type', 'body', '__proto__', '/', 'bytes').map(writeCbor),
            tie('item'),
          ),
          tie('item'),
        ),
        {
          maxLength: 5,
        },
      )
      .map((entries) => concat(Uint8Array.of(0xa0 + entries.length), ...entries.flat())),
  ),
}));

/** One byte flipped, removed, doubled or set, a run cut out, the end cut off, or something appended. */
function mutated(sample: Uint8Array): fc.Arbitrary<Uint8Array> {
  const edit = fc.record({
    at: fc.nat(sample.length - 1),
    length: fc.integer({ min: 0, max: 9 }),
    insert: fc.oneof(fc.uint8Array({ maxLength: 3 }), item),
  });
  return fc
    .array(edit, { minLength: 1, maxLength: 3 })
    .map((edits) =>
      edits.reduce(
        (bytes, { at, length, insert }) => concat(bytes.subarray(0, at), insert, bytes.subarray(at + length)),
        sample,
      ),
    );
}

const plain: fc.Arbitrary<PlainValue> = fc.letrec<{ value: PlainValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<PlainValue>(null, true, 0, -1, 2 ** 32, Number.MAX_SAFE_INTEGER, '', 'prevote'),
    fc.constantFrom<PlainValue>(new Uint8Array(32), new Uint8Array(64), new Uint8Array(31)),
    fc.maxSafeInteger(),
    fc.string({ unit: 'binary' }),
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.string({ unit: 'binary' }).filter((key) => key !== '__proto__'),
      tie('value'),
      { maxKeys: 4 },
    ),
  ),
})).value;

/** A canonical encoding in which one part, anywhere, is another plain value: the bytes are fine, the form is not. */
function misshapen(sample: Uint8Array): fc.Arbitrary<Uint8Array> {
  const value = tryReadCbor(sample) as PlainValue;
  return fc
    .tuple(fc.infiniteStream(fc.nat(12)), plain)
    .map(([choices, other]) => writeCbor(replaced(value, choices, other)));
}

function replaced(value: PlainValue, choices: Iterator<number>, other: PlainValue): PlainValue {
  const choice = choices.next().value as number;
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array || choice === 12)
    return other;
  const keys = Object.keys(value);
  const key = keys[choice % Math.max(keys.length, 1)];
  if (key === undefined) return other;
  if (Array.isArray(value)) return value.with(Number(key), replaced(value[Number(key)], choices, other));
  const map = value as Readonly<Record<string, PlainValue>>;
  if (choice === 11) return Object.fromEntries(Object.entries(map).filter(([name]) => name !== key));
  if (choice === 10) return { ...map, more: other };
  return { ...map, [key]: replaced(map[key] as PlainValue, choices, other) };
}

describe.each(KINDS)('any byte string read as a $name', (kind) => {
  const signed = kind.name === 'transaction';
  const sample = fc.constantFrom(...kind.samples);

  it('is read when it is one', () => {
    for (const bytes of kind.samples) expect(decodesOrRefuses(kind, bytes)).toBe('decoded');
  });

  it('re-encodes to itself or is refused with a code, when it is random', () => {
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 300 }), item);
    fc.assert(
      fc.property(bytes, (random) => {
        decodesOrRefuses(kind, signed ? concat(random, SIGNATURE) : random);
      }),
      { numRuns: RUNS },
    );
  });

  it('re-encodes to itself or is refused with a code, when it is a changed valid one', () => {
    fc.assert(
      fc.property(sample.chain(mutated), (bytes) => {
        decodesOrRefuses(kind, bytes);
      }),
      { numRuns: RUNS },
    );
  });

  it('re-encodes to itself or is refused with a code, when it is canonical but of another form', () => {
    const payload = (bytes: Uint8Array): Uint8Array => (signed ? bytes.subarray(0, -64) : bytes);
    fc.assert(
      fc.property(
        sample.chain((bytes) => misshapen(payload(bytes))),
        (bytes) => {
          decodesOrRefuses(kind, signed ? concat(bytes, SIGNATURE) : bytes);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('is refused with every prefix of it and with anything after it', () => {
    for (const bytes of kind.samples) {
      if (signed) continue;
      for (let length = 0; length < bytes.length; length += 1)
        expect(decodesOrRefuses(kind, bytes.subarray(0, length))).toBe('refused');
      expect(decodesOrRefuses(kind, concat(bytes, Uint8Array.of(0)))).toBe('refused');
    }
  });
});

describe('a refusal', () => {
  it('names no key of a stranger, for it could be a name', () => {
    const secret = 'Ada Lovelace';
    const transaction = KINDS[0] as Kind;
    const [sample] = transaction.samples as [Uint8Array];
    const value = tryReadCbor(sample.subarray(0, -64)) as { actions: [Record<string, PlainValue>] };
    const [action] = value.actions;
    for (const change of [
      { body: deep(secret) },
      { body: { [secret]: new Array(1025).fill(0) } },
      { [secret]: 1 },
      { type: '' },
      { version: secret },
    ]) {
      const payload = writeCbor({ ...value, actions: [{ ...action, ...change }] });
      const error = refusalOf(() => transaction.reencode(concat(payload, SIGNATURE)));
      expect(error.code).toBe('ENCODING_INVALID');
      expect(`${error.message} ${JSON.stringify(error.data)}`).not.toContain(secret);
    }
  });
});

function refusalOf(act: () => unknown): ConsiliumError {
  try {
    act();
  } catch (error) {
    if (error instanceof ConsiliumError) return error;
    throw error;
  }
  throw new Error('not refused');
}

function deep(name: string): PlainValue {
  let value: PlainValue = 1;
  for (let depth = 0; depth < 12; depth += 1) value = { [name]: value };
  return value;
}

function ofHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
}
