// Owns: curve arithmetic for the Ed25519 vectors: points of small order, encodings that are not canonical, and
// signatures made from chosen R, A and scalars. Does not own: which of them are vectors (ed25519.ts).
import { Point } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import { concat, sha256, toHex, utf8 } from '../../../src/index.ts';

export { Point };

/** Field prime and group order. */
export const P: bigint = 2n ** 255n - 19n;
export const L: bigint = 2n ** 252n + 27742317777372353535851937790883648493n;
export const SIGN_BIT: bigint = 2n ** 255n;

export function littleEndian(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn));
}

function fromLittleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes.slice().reverse())}`);
}

/** A scalar below L by name, the same on every machine. */
export function scalarOf(name: string): bigint {
  return fromLittleEndian(sha512(utf8(`scalar ${name}`))) % L;
}

export function timesBase(scalar: bigint): Point {
  return Point.BASE.multiplyUnsafe(scalar);
}

/** SHA-512(R||A||M) as an integer, not reduced. */
export function challenge(encodedR: Uint8Array, encodedA: Uint8Array, message: Uint8Array): bigint {
  return fromLittleEndian(sha512(concat(encodedR, encodedA, message)));
}

export function isOnCurve(y: bigint): boolean {
  try {
    Point.fromBytes(littleEndian(y), false);
    return true;
  } catch {
    return false;
  }
}

/** `scalar` times any point: noble takes scalars below L only, and so would hide the part of small order. */
function times(point: Point, scalar: bigint): Point {
  let sum = Point.ZERO;
  for (let bit = 255n; bit >= 0n; bit -= 1n) {
    sum = sum.double();
    if ((scalar >> bit) & 1n) sum = sum.add(point);
  }
  return sum;
}

/** A point of order exactly 8: L times a point outside every smaller subgroup. */
function findOrder8(): Point {
  for (let y = 2n; ; y += 1n) {
    if (!isOnCurve(y)) continue;
    const point = times(Point.fromBytes(littleEndian(y), false), L);
    if (!times(point, 4n).is0()) return point;
  }
}

const ORDER_8 = findOrder8();

/** The point `index` times the generator of the eight points of small order; index modulo 8. */
export function smallPoint(index: bigint): Point {
  return times(ORDER_8, ((index % 8n) + 8n) % 8n);
}

/** A message of a numbered series for which the condition holds, found by counting. */
export function findMessage(name: string, holds: (message: Uint8Array) => boolean): Uint8Array {
  for (let count = 0; ; count += 1) {
    const message = sha256(utf8(`${name} ${count}`)).subarray(0, 8);
    if (holds(message)) return message;
  }
}
