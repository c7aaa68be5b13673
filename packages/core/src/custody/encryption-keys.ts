// Owns: keys that others seal to (X25519): the public one of a private one, and which bytes may stand on the ledger as one.
// Does not own: sealing.
import { Point } from '@noble/ed25519';
import { fromHex, type Hex32, toHex } from '../bytes.ts';
import { bigintToScalar, littleEndianToBigint, scalarToBigint } from './group.ts';

const FIELD_PRIME = 2n ** 255n - 19n;

/**
 * X25519(seed, 9) of RFC 7748. Curve25519 and edwards25519 are one curve in two forms: the clamped scalar times the base
 * point of the one is the same point of the other, and u = (1 + y) / (1 - y). So the curve that is loaded anyway serves.
 */
export function x25519PublicKey(seed: Uint8Array): Hex32 {
  if (seed.length !== 32) throw new Error('invariant: an X25519 private key has 32 bytes');
  const clamped = seed.slice();
  clamped[0] = (clamped[0] ?? 0) & 248;
  clamped[31] = ((clamped[31] ?? 0) & 127) | 64;
  const scalar = scalarToBigint(bigintToScalar(littleEndianToBigint(clamped)));
  const { y } = Point.BASE.multiply(scalar).toAffine();
  return toHex(fieldBytes((1n + y) * inverse(1n - y)));
}

/** By Fermat: a^(p - 2). Never of zero: only the identity has y = 1, and a clamped scalar does not give it. */
function inverse(value: bigint): bigint {
  let result = 1n;
  let power = ((value % FIELD_PRIME) + FIELD_PRIME) % FIELD_PRIME;
  for (let exponent = FIELD_PRIME - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * power) % FIELD_PRIME;
    power = (power * power) % FIELD_PRIME;
  }
  return result;
}

function fieldBytes(value: bigint): Uint8Array {
  let rest = ((value % FIELD_PRIME) + FIELD_PRIME) % FIELD_PRIME;
  const bytes = new Uint8Array(32);
  for (let index = 0; index < 32; index += 1) {
    bytes[index] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

/**
 * The u-coordinates of small order on Curve25519 and its twist, with their encodings above the field's prime: sealed to
 * one of them anybody could open (RFC 7748, 6.1; RFC 9180, 7.1.4). The highest bit of a key is not looked at.
 */
const SMALL_ORDER: ReadonlySet<Hex32> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

/** Whether a secret sealed to this key stays one. 32 bytes. */
export function isSealableKey(key: Hex32): boolean {
  const bytes = fromHex(key);
  bytes[31] = (bytes[31] ?? 0) & 0x7f;
  return !SMALL_ORDER.has(toHex(bytes));
}
