// Owns: the pinned rule by which a signature counts, and signing. The rule is one for all engines, since a signature
// that one node takes and another refuses forks the chain. Does not own: which bytes are signed (signing.ts).
import { getPublicKey, hashes, sign as nobleSign, Point } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import { concat, fromHex, type Hex32, type Hex64, toHex, tryFromHex } from './bytes.ts';

// noble takes its synchronous SHA-512 from this table; it is set once, here, to the audited one beside it.
hashes.sha512 = sha512;

/** Engine of the pinned rule: key (32 bytes hex), signature (64 bytes hex), message. Must agree with `verifyEd25519`. */
export type Verify = (key: Hex32, signature: Hex64, message: Uint8Array) => boolean;

const GROUP_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

/**
 * The pinned rule (docs/protocol.md, "Signatures"). R||S of key A over M is valid iff S < L; A and R are canonical
 * encodings of curve points, neither of order dividing 8; and [S]B = R + [k]A exactly, without the cofactor, with
 * k = SHA-512(R||A||M) mod L. RFC 8032 leaves the cofactor open; this closes it.
 */
export const verifyEd25519: Verify = (key, signature, message) => {
  const keyBytes = tryFromHex(key);
  const signatureBytes = tryFromHex(signature);
  if (keyBytes?.length !== 32 || signatureBytes?.length !== 64) return false;
  const encodedR = signatureBytes.subarray(0, 32);
  const scalarS = littleEndian(signatureBytes.subarray(32));
  if (scalarS >= GROUP_ORDER) return false;
  const pointA = canonicalPoint(keyBytes);
  const pointR = canonicalPoint(encodedR);
  if (pointA === undefined || pointR === undefined) return false;
  const scalarK = littleEndian(sha512(concat(encodedR, keyBytes, message))) % GROUP_ORDER;
  const left = Point.BASE.multiplyUnsafe(scalarS);
  return left.equals(pointR.add(pointA.multiplyUnsafe(scalarK)));
};

function canonicalPoint(encoded: Uint8Array): Point | undefined {
  try {
    const point = Point.fromBytes(encoded, false);
    return point.isSmallOrder() ? undefined : point;
  } catch {
    return undefined;
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes.slice().reverse())}`);
}

/** Whether a key may enter the ledger: canonical, not of small order, and in the prime-order subgroup. */
export function isLedgerKey(key: Hex32): boolean {
  const bytes = tryFromHex(key);
  if (bytes?.length !== 32) return false;
  const point = canonicalPoint(bytes);
  return point?.isTorsionFree() ?? false;
}

/** An Ed25519 secret: the 32-byte seed of RFC 8032. */
export interface SecretKey {
  readonly seed: Uint8Array;
  readonly publicKey: Hex32;
}

export function secretKeyFromSeed(seed: Uint8Array): SecretKey {
  if (seed.length !== 32) throw new Error('invariant: an Ed25519 seed has 32 bytes');
  return { seed, publicKey: toHex(getPublicKey(seed)) };
}

/** Deterministic signature (RFC 8032): the same key and message give the same 64 bytes. */
export function signEd25519(secret: SecretKey, message: Uint8Array): Hex64 {
  return toHex(nobleSign(message, secret.seed));
}

export function publicKeyBytes(key: Hex32): Uint8Array {
  return fromHex(key);
}
