// What is fuzzed: something that reads bytes of others. And the property that each must have, whatever the bytes are.
import { ConsiliumError } from '@consilium/core';
import fc from 'fast-check';

export interface Decoder {
  /** File below `packages/` and name of the export, as `core/src/tx.ts#decodeTx`. */
  readonly name: string;
  /** Valid encodings, to be changed. */
  readonly samples: readonly Uint8Array[];
  /** Returns what it reads, or undefined; refuses with a coded error. */
  readonly decode: (bytes: Uint8Array) => unknown;
  /** Encodes what was read, where there is one form only: the same bytes must come out. */
  readonly again?: (value: never) => Uint8Array;
}

/** Memory that reading so many bytes may take at once: copies of them, and what a bound of the format allows besides. */
const ALLOCATED_BYTES_MAX = 24 * 1024 * 1024;

/** Throws what a decoder must not do. */
export function tryDecoder({ name, decode, again }: Decoder, bytes: Uint8Array): void {
  const before = process.memoryUsage().arrayBuffers;
  const value = read(name, decode, bytes);
  const allocated = process.memoryUsage().arrayBuffers - before;
  if (allocated > ALLOCATED_BYTES_MAX + 8 * bytes.length)
    throw new Error(`${name} took ${allocated} bytes for ${bytes.length}`);
  if (value === undefined || again === undefined) return;
  const encoded = again(value as never);
  if (Buffer.compare(encoded, bytes) !== 0) throw new Error(`${name} read what it would not write`);
}

function read(name: string, decode: Decoder['decode'], bytes: Uint8Array): unknown {
  try {
    return decode(bytes);
  } catch (error) {
    if (error instanceof ConsiliumError) return undefined;
    throw new Error(`${name} threw ${String(error)}`, { cause: error });
  }
}

const interesting = fc.constantFrom(
  0,
  1,
  0x17,
  0x18,
  0x1b,
  0x3f,
  0x40,
  0x5f,
  0x7f,
  0x80,
  0x9f,
  0xbf,
  0xfb,
  0xff,
);

/** One edit: bytes cut out at a place, others put there. */
const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  cut: fc.oneof(fc.nat(9), fc.nat(2_000)),
  insert: fc.oneof(
    fc.uint8Array({ maxLength: 4 }),
    fc.array(interesting, { minLength: 1, maxLength: 9 }).map((bytes) => Uint8Array.from(bytes)),
    fc
      .constantFrom('{', '[', '"', '\\u0000', '\n', '9'.repeat(400), '-', 'e999', '__proto__', '\ud800')
      .map((text) => new TextEncoder().encode(text)),
    fc.tuple(interesting, fc.nat(3_000)).map(([byte, length]) => new Uint8Array(length).fill(byte)),
  ),
});

/** Bytes as a hostile peer would choose them: any, a valid encoding with some edits, or one of another kind. */
export function hostileBytes(
  own: readonly Uint8Array[],
  others: readonly Uint8Array[],
): fc.Arbitrary<Uint8Array> {
  const any = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 2_000 }));
  const base = own.length === 0 ? any : fc.constantFrom(...own);
  const edited = fc
    .tuple(base, fc.array(edit, { minLength: 1, maxLength: 4 }))
    .map(([sample, edits]) => edits.reduce(changed, sample));
  const foreign = others.length === 0 ? any : fc.constantFrom(...others);
  return fc.oneof(
    { weight: 6, arbitrary: edited },
    { weight: 2, arbitrary: any },
    { weight: 1, arbitrary: foreign },
  );
}

function changed(
  bytes: Uint8Array,
  { at, cut, insert }: { readonly at: number; readonly cut: number; readonly insert: Uint8Array },
): Uint8Array {
  const place = Math.floor(at * (bytes.length + 1));
  return Buffer.concat([bytes.subarray(0, place), insert, bytes.subarray(place + cut)]);
}

/** Fails with the bytes that a decoder does not bear. */
export function fuzz(
  decoder: Decoder,
  others: readonly Uint8Array[],
  bounds: fc.Parameters<[Uint8Array]>,
): void {
  for (const sample of decoder.samples) {
    if (read(decoder.name, decoder.decode, sample) === undefined)
      throw new Error(`${decoder.name} refuses a sample of its own`);
    tryDecoder(decoder, sample);
  }
  fc.assert(
    fc.property(hostileBytes(decoder.samples, others), (bytes) => tryDecoder(decoder, bytes)),
    bounds,
  );
}
