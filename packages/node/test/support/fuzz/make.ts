// Decoders of bytes and of text, in one form.
import type { Decoder } from './decoder.ts';

export function decoderOf<T>(
  name: string,
  samples: readonly Uint8Array[],
  decode: (bytes: Uint8Array) => T | undefined,
  again?: (value: T) => Uint8Array,
): Decoder {
  return {
    name,
    samples,
    decode,
    ...(again !== undefined && { again: again as (value: never) => Uint8Array }),
  };
}

const text = new TextDecoder();

/** `again`: what the text is written as; only where there is one form. */
export function textDecoderOf<T>(
  name: string,
  samples: readonly string[],
  decode: (text: string) => T | undefined,
  again?: (value: T) => string,
): Decoder {
  const bytesOf = (given: string): Uint8Array => new TextEncoder().encode(given);
  return decoderOf(name, samples.map(bytesOf), (bytes) => {
    const given = text.decode(bytes);
    const value = decode(given);
    if (value !== undefined && again !== undefined && again(value) !== given)
      throw new Error('read what it would not write');
    return value;
  });
}
