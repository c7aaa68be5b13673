// Owns: the validator's engine of core's Group: libsodium through sodium-native. It follows the rule of `Group`; the
// vectors run on both. libsodium refuses a zero scalar and the identity where the rule takes them, and takes encodings
// that the rule refuses; both are settled here, before the call. No fallback, as with signatures.
import { type Group, isScalar, POINT_BYTES } from '@consilium/core';
import sodium from 'sodium-native';

const SIGN_BIT = 0x80;

export const sodiumGroup: Group = {
  base: (scalar) => {
    requireScalar(scalar);
    const result = identity();
    if (!isZero(scalar)) sodium.crypto_scalarmult_ed25519_base_noclamp(result, scalar);
    return result;
  },
  multiply: (point, scalar) => {
    requireScalar(scalar);
    const result = identity();
    if (isIdentity(point)) return result;
    // Before the short cut of the zero scalar, since an argument that breaks the rule breaks it with every scalar.
    if (!sodiumGroup.isElement(point)) throw new Error('invariant: not a point of the prime-order subgroup');
    if (!isZero(scalar)) sodium.crypto_scalarmult_ed25519_noclamp(result, scalar, point);
    return result;
  },
  add: (a, b) => {
    if (!isCanonical(a) || !isCanonical(b)) throw notAPoint();
    const result = new Uint8Array(POINT_BYTES);
    try {
      sodium.crypto_core_ed25519_add(result, a, b);
    } catch {
      throw notAPoint();
    }
    return result;
  },
  isElement: (point) => point.length === POINT_BYTES && sodium.crypto_core_ed25519_is_valid_point(point),
};

function identity(): Uint8Array {
  const point = new Uint8Array(POINT_BYTES);
  point[0] = 1;
  return point;
}

function notAPoint(): Error {
  return new Error('invariant: not the canonical encoding of a point');
}

function requireScalar(scalar: Uint8Array): void {
  if (!isScalar(scalar)) throw new Error('invariant: not a scalar below the group order');
}

function isZero(scalar: Uint8Array): boolean {
  return scalar.every((byte) => byte === 0);
}

function isIdentity(point: Uint8Array): boolean {
  return point.length === POINT_BYTES && point.every((byte, index) => byte === (index === 0 ? 1 : 0));
}

/** RFC 8032, 5.1.3: y below p = 2^255 - 19, and no sign where x is zero (y is 1 or p - 1). */
function isCanonical(point: Uint8Array): boolean {
  if (point.length !== POINT_BYTES) return false;
  const first = point[0] ?? 0;
  const last = point[POINT_BYTES - 1] ?? 0;
  const top = last & ~SIGN_BIT;
  const isSigned = last >= SIGN_BIT;
  const middleIs = (value: number): boolean => point.subarray(1, -1).every((byte) => byte === value);
  if (top === 0x7f && first >= 0xec && middleIs(0xff)) return first === 0xec && !isSigned;
  return !(isSigned && top === 0 && first === 1 && middleIs(0));
}
