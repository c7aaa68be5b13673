// Owns: which bytes may stand on the ledger as a key that others seal to (X25519). Does not own: sealing.
import { fromHex, type Hex32, toHex } from '../bytes.ts';

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
