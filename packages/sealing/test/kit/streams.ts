// Owns: streams of bytes for tests of sealing, and what they come to.
import { concat, isConsiliumError, randomScalar, sha256, utf8 } from '@consilium/core';

export async function* streamOf(...parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, void> {
  for (const part of parts) yield part;
}

export async function collect(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
}

export async function joined(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  return concat(...(await collect(stream)));
}

/** Bytes that do not repeat within a chunk, the same in every run. */
export function patterned(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 1;
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

export function scalarOf(name: string): Uint8Array {
  return randomScalar(Uint8Array.of(...sha256(utf8(`${name} low`)), ...sha256(utf8(`${name} high`))));
}

export function flipped(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.map((byte, index) => (index === at ? byte ^ 1 : byte));
}

/** The code with which a promise was refused; fails when it was not. */
export async function codeOfRefusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (isConsiliumError(error)) return error.code;
    throw error;
  }
  throw new Error('nothing was refused');
}
