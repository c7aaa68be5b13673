// Owns: the group that secrets are shared over (edwards25519, prime order L), as an interface with one rule for all
// engines, and core's own engine. Does not own: what is done with it (sharing.ts), the validator's engine (node).
import { Point } from '@noble/ed25519';
import { toHex } from '../bytes.ts';

export const POINT_BYTES = 32;
export const SCALAR_BYTES = 32;

/**
 * Arithmetic of edwards25519 on encodings: points of 32 bytes (RFC 8032), scalars of 32 bytes little-endian below L.
 * Engines agree on every input. The identity is a point of the arithmetic (encoded as 1): it is what a zero scalar and
 * opposite points give, and every operation takes it; but it is no element, and none is taken from a stranger. An
 * argument outside what is said below is a broken invariant and throws: strangers' bytes pass `isElement` or `isScalar`
 * first.
 */
export interface Group {
  /** scalar * B, for any scalar, zero included. The scalar may be secret. */
  base(scalar: Uint8Array): Uint8Array;
  /** scalar * point, for an element or the identity and any scalar. The scalar is public. */
  multiply(point: Uint8Array, scalar: Uint8Array): Uint8Array;
  /** a + b, for canonical encodings of any points of the curve. */
  add(a: Uint8Array, b: Uint8Array): Uint8Array;
  /** Whether the bytes are the canonical encoding of a point of the prime-order subgroup other than the identity. */
  isElement(point: Uint8Array): boolean;
}

const { n: GROUP_ORDER } = Point.CURVE();

/** The encoding of the identity. */
export const IDENTITY_POINT: Uint8Array = Point.ZERO.toBytes();

/** Whether the bytes are a scalar: 32 of them, little-endian, below L. Zero is one. */
export function isScalar(bytes: Uint8Array): boolean {
  return bytes.length === SCALAR_BYTES && littleEndianToBigint(bytes) < GROUP_ORDER;
}

/** Whether the bytes are a scalar that may be a secret or a share: zero may not. */
export function isSecretScalar(bytes: Uint8Array): boolean {
  return isScalar(bytes) && bytes.some((byte) => byte !== 0);
}

/** The number of a scalar that our own code made or checked. */
export function scalarToBigint(bytes: Uint8Array): bigint {
  const value = bytes.length === SCALAR_BYTES ? littleEndianToBigint(bytes) : GROUP_ORDER;
  if (value >= GROUP_ORDER) throw new Error('invariant: not a scalar below the group order');
  return value;
}

/** The scalar of any integer, reduced modulo L. */
export function bigintToScalar(value: bigint): Uint8Array {
  let rest = modulo(value);
  const bytes = new Uint8Array(SCALAR_BYTES);
  for (let index = 0; index < SCALAR_BYTES; index += 1) {
    bytes[index] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

/** 1 / value modulo L, by Euclid's extended algorithm. Its time tells of the value, which is public here. */
export function invertModulo(value: bigint): bigint {
  let [dividend, divisor] = [GROUP_ORDER, modulo(value)];
  let [before, inverse] = [0n, 1n];
  if (divisor === 0n) throw new Error('invariant: zero has no inverse');
  while (divisor !== 1n) {
    const quotient = dividend / divisor;
    [dividend, divisor] = [divisor, dividend - quotient * divisor];
    [before, inverse] = [inverse, before - quotient * inverse];
  }
  return modulo(inverse);
}

/**
 * A uniform secret scalar of 64 random bytes: reduced from 512 bits, its bias is below 2^-250. Zero, which a working
 * generator never gives, is a broken invariant.
 */
export function randomScalar(random64: Uint8Array): Uint8Array {
  if (random64.length !== 64) throw new Error('invariant: a random scalar takes 64 bytes');
  const scalar = bigintToScalar(littleEndianToBigint(random64));
  if (!isSecretScalar(scalar)) throw new Error('invariant: the generator gave the zero scalar');
  return scalar;
}

/**
 * The same group, which judges the same bytes once: several shares of one record come with the same points, and whether
 * bytes are an element costs more than all else. For as long as the caller holds it.
 */
export function rememberingElements(group: Group): Group {
  const known = new Map<string, boolean>();
  return {
    ...group,
    isElement: (point) => {
      const name = toHex(point);
      const verdict = known.get(name) ?? group.isElement(point);
      known.set(name, verdict);
      return verdict;
    },
  };
}

function modulo(value: bigint): bigint {
  const rest = value % GROUP_ORDER;
  return rest < 0n ? rest + GROUP_ORDER : rest;
}

/** Of any length. */
export function littleEndianToBigint(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes.slice().reverse())}`);
}

function decodePoint(encoded: Uint8Array): Point | undefined {
  try {
    return Point.fromBytes(encoded, false);
  } catch {
    return undefined;
  }
}

function curvePoint(encoded: Uint8Array): Point {
  const point = decodePoint(encoded);
  if (point === undefined) throw new Error('invariant: not the canonical encoding of a point');
  return point;
}

/** The group on @noble/ed25519: runs wherever core runs. */
export const nobleGroup: Group = {
  base: (scalar) => {
    const value = scalarToBigint(scalar);
    return (value === 0n ? Point.ZERO : Point.BASE.multiply(value)).toBytes();
  },
  multiply: (encoded, scalar) => {
    const value = scalarToBigint(scalar);
    const point = curvePoint(encoded);
    if (!point.isTorsionFree()) throw new Error('invariant: not a point of the prime-order subgroup');
    return point.multiplyUnsafe(value).toBytes();
  },
  add: (a, b) => curvePoint(a).add(curvePoint(b)).toBytes(),
  isElement: (encoded) => {
    const point = decodePoint(encoded);
    return point !== undefined && !point.is0() && point.isTorsionFree();
  },
};
