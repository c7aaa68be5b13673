// Owns: the canonical bytes of plain values: the subset of DAG-CBOR without floats and links (RFC 8949 section 4.2.1 with
// map keys sorted by length first). Does not own: reading (cbor-read.ts), writing (cbor-write.ts), which values stand where
// (codec.ts).
import { compareBytes, compareText, utf8 } from './bytes.ts';

/** Any value without floats and links. Numbers are safe integers. */
export type PlainValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue };

/** A map key that is refused in both directions: assigning it would change an object's prototype. */
export const RESERVED_KEY = '__proto__';

/** Major types, and the simple values. */
export const UINT = 0;
export const NEGATIVE = 1;
export const BYTES = 2;
export const TEXT = 3;
export const ARRAY = 4;
export const MAP = 5;
export const FALSE = 0xf4;
export const TRUE = 0xf5;
export const NULL = 0xf6;

/** Order of map keys: fewer bytes first, then byte by byte. Code units of ASCII are its bytes. */
export function compareKeys(a: string, b: string): number {
  if (isAscii(a) && isAscii(b)) return a.length - b.length || compareText(a, b);
  const [left, right] = [utf8(a), utf8(b)];
  return left.length - right.length || compareBytes(left, right);
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}
