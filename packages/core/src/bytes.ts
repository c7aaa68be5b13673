// Owns: the byte helpers that every other file of core uses. Text form of bytes is lower-case hex.
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** 32 bytes as 64 lower-case hex digits: a SHA-256 digest, an account id, a block id or a public key. */
export type Hex32 = string;
/** 64 bytes as 128 lower-case hex digits: an Ed25519 signature. */
export type Hex64 = string;

const LOWER_HEX = /^(?:[0-9a-f]{2})*$/;

export function toHex(bytes: Uint8Array): string {
  return bytesToHex(bytes);
}

/** Bytes of lower-case hex text; `undefined` when the text is anything else. */
export function tryFromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  return tryWriteHex(text, bytes, 0) ? bytes : undefined;
}

/** Writes the bytes of lower-case hex text at a place that has room for them; false when the text is anything else. */
export function tryWriteHex(text: string, into: Uint8Array, at: number): boolean {
  for (let index = 0; index < text.length; index += 2) {
    const high = digitOf(text.charCodeAt(index));
    const low = digitOf(text.charCodeAt(index + 1));
    if (high < 0 || low < 0) return false;
    into[at + (index >> 1)] = (high << 4) | low;
  }
  return true;
}

/** -1: no lower-case digit. */
function digitOf(unit: number): number {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  return unit >= 0x61 && unit <= 0x66 ? unit - 0x57 : -1;
}

/** Bytes of hex text that our own code made. A malformed text is a broken invariant. */
export function fromHex(text: string): Uint8Array {
  const bytes = tryFromHex(text);
  if (bytes === undefined) throw new Error('invariant: not lower-case hex');
  return bytes;
}

export function isHexOf(text: unknown, bytes: number): text is string {
  return typeof text === 'string' && text.length === bytes * 2 && LOWER_HEX.test(text);
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function utf8(text: string): Uint8Array {
  return utf8ToBytes(text);
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return compareBytes(a, b) === 0;
}

/** Lexicographic order of unsigned bytes; a prefix comes first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Order of plain strings by code unit, the same on every machine (no locale). */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Big-endian 8 bytes of a non-negative safe integer, so that byte order is number order. */
export function uint64Bytes(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}
