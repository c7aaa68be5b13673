// Owns: the published accept and reject vectors of the pinned signature rule, by our own construction.
import { concat, fromHex, secretKeyFromSeed, sha256, signEd25519, toHex, utf8 } from '../../../src/index.ts';
import {
  challenge,
  findMessage,
  isOnCurve,
  L,
  littleEndian,
  P,
  Point,
  SIGN_BIT,
  scalarOf,
  smallPoint,
  timesBase,
} from './ed25519-points.ts';

export interface SignatureVector {
  readonly name: string;
  readonly key: string;
  readonly signature: string;
  readonly message: string;
  readonly valid: boolean;
  readonly reason: string;
}

export interface KeyVector {
  readonly name: string;
  readonly key: string;
  readonly valid: boolean;
  readonly reason: string;
}

export interface Ed25519Vectors {
  readonly description: string;
  readonly signatures: readonly SignatureVector[];
  readonly keys: readonly KeyVector[];
}

const HOLDS = 'S < L, canonical A and R of large order, and [S]B = R + [k]A exactly';
const NOT_EXACT = '[S]B = R + [k]A holds only when multiplied by the cofactor 8';
const FALSE = '[S]B = R + [k]A does not hold';
const SMALL_A = 'the order of A divides 8';
const SMALL_R = 'the order of R divides 8';
const LARGE_S = 'S is not below L';
const ENCODING_A = 'A is not the canonical encoding of a point';
const ENCODING_R = 'R is not the canonical encoding of a point';

/** RFC 8032 section 7.1: TEST 1, 2, 3 and SHA(abc). Seed and message; the signatures are deterministic. */
const RFC_8032 = [
  ['1', '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', ''],
  ['2', '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb', '72'],
  ['3', 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7', 'af82'],
  [
    'SHA(abc)',
    '833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42',
    'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
  ],
] as const;

const SECRET = secretKeyFromSeed(sha256(utf8('vector key')));
const MESSAGE = utf8('a message of the vectors');
const SIGNATURE = signEd25519(SECRET, MESSAGE);
const a = scalarOf('a');
const r = scalarOf('r');

function vector(
  name: string,
  key: Uint8Array | string,
  signature: Uint8Array | string,
  message: Uint8Array | string,
  reason: string,
): SignatureVector {
  const hex = (bytes: Uint8Array | string): string => (typeof bytes === 'string' ? bytes : toHex(bytes));
  return {
    name,
    key: hex(key),
    signature: hex(signature),
    message: hex(message),
    valid: reason === HOLDS,
    reason,
  };
}

interface Crafted {
  readonly A: Uint8Array;
  readonly R: Uint8Array;
  /** Discrete logarithms of the large parts of A and R; 0n when there is none. */
  readonly a: bigint;
  readonly r: bigint;
}

/** S = r + k a, for which the equation holds as far as the prime-order parts go. */
function sign(parts: Crafted, message: Uint8Array): Uint8Array {
  const k = challenge(parts.R, parts.A, message) % L;
  return concat(parts.R, littleEndian((parts.r + k * parts.a) % L));
}

/** With A = aB + [tA]T and R = rB + [tR]T: a message for which k mod L leaves the wanted small part R + [k]A. */
function craft(
  name: string,
  tA: bigint,
  tR: bigint,
  scalars: { readonly a: bigint; readonly r: bigint },
  wanted: (rest: bigint, k: bigint) => boolean,
  reason: string,
): SignatureVector {
  const A = timesBase(scalars.a).add(smallPoint(tA)).toBytes();
  const R = timesBase(scalars.r).add(smallPoint(tR)).toBytes();
  const message = findMessage(name, (candidate) => {
    const k = challenge(R, A, candidate);
    return wanted((tR + (k % L) * tA) % 8n, k);
  });
  return vector(name, A, sign({ A, R, ...scalars }, message), message, reason);
}

const exact = (rest: bigint): boolean => rest === 0n;
const inexact = (rest: bigint): boolean => rest !== 0n;

/** The same signature with other bytes for A or R, of which the engine must not ask for the decoded point only. */
function reencoded(
  name: string,
  encoded: { readonly A?: Uint8Array; readonly R?: Uint8Array },
  parts: { readonly tA: bigint; readonly tR: bigint; readonly a: bigint; readonly r: bigint },
  reason: string,
): SignatureVector {
  const A = encoded.A ?? timesBase(parts.a).add(smallPoint(parts.tA)).toBytes();
  const R = encoded.R ?? timesBase(parts.r).add(smallPoint(parts.tR)).toBytes();
  const message = findMessage(name, (candidate) => {
    return (parts.tR + (challenge(R, A, candidate) % L) * parts.tA) % 8n === 0n;
  });
  return vector(name, A, sign({ A, R, a: parts.a, r: parts.r }, message), message, reason);
}

function plainVectors(): SignatureVector[] {
  const bytes = fromHex(SIGNATURE);
  const flipped = (at: number): Uint8Array => bytes.map((byte, index) => (index === at ? byte ^ 1 : byte));
  const other = secretKeyFromSeed(sha256(utf8('another vector key')));
  const S = BigInt(`0x${toHex(bytes.slice(32).reverse())}`);
  const withS = (scalar: bigint): Uint8Array => concat(bytes.subarray(0, 32), littleEndian(scalar));
  const negatedKey = littleEndianOf(fromHex(SECRET.publicKey)) ^ SIGN_BIT;
  return [
    ...RFC_8032.map(([name, seed, message]) => {
      const secret = secretKeyFromSeed(fromHex(seed));
      const signature = signEd25519(secret, fromHex(message));
      return vector(`RFC 8032 test ${name}`, secret.publicKey, signature, message, HOLDS);
    }),
    vector('a plain signature', SECRET.publicKey, SIGNATURE, MESSAGE, HOLDS),
    vector('of the empty message', SECRET.publicKey, signEd25519(SECRET, utf8('')), '', HOLDS),
    vector('of another message', SECRET.publicKey, SIGNATURE, utf8('another message'), FALSE),
    vector('of the message with a byte more', SECRET.publicKey, SIGNATURE, concat(MESSAGE, utf8('.')), FALSE),
    vector('of another key', other.publicKey, SIGNATURE, MESSAGE, FALSE),
    vector('of the negated key', littleEndian(negatedKey), SIGNATURE, MESSAGE, FALSE),
    vector('a bit of S flipped', SECRET.publicKey, flipped(32), MESSAGE, FALSE),
    vector(
      'S with R and S exchanged',
      SECRET.publicKey,
      concat(bytes.subarray(32), bytes.subarray(0, 32)),
      MESSAGE,
      LARGE_S,
    ),
    vector('all zero', SECRET.publicKey, new Uint8Array(64), MESSAGE, SMALL_R),
    vector('S + L', SECRET.publicKey, withS(S + L), MESSAGE, LARGE_S),
    vector('S + 8 L', SECRET.publicKey, withS(S + 8n * L), MESSAGE, LARGE_S),
    vector('S with its highest bit set', SECRET.publicKey, withS(S + 2n ** 255n), MESSAGE, LARGE_S),
    vector('S = L', SECRET.publicKey, withS(L), MESSAGE, LARGE_S),
    vector('S = L - 1', SECRET.publicKey, withS(L - 1n), MESSAGE, FALSE),
    vector('S = 2^256 - 1', SECRET.publicKey, withS(2n ** 256n - 1n), MESSAGE, LARGE_S),
    vector('S = 0', SECRET.publicKey, withS(0n), MESSAGE, FALSE),
    prehashed(),
  ];
}

/** Ed25519ph of RFC 8032 under the same key: valid there, not here. */
function prehashed(): SignatureVector {
  const A = timesBase(a).toBytes();
  const R = timesBase(r).toBytes();
  const domain = concat(utf8('SigEd25519 no Ed25519 collisions'), Uint8Array.of(1, 0));
  const k = challenge(concat(domain, R), A, sha256(MESSAGE)) % L;
  return vector('under a domain of RFC 8032', A, concat(R, littleEndian((r + k * a) % L)), MESSAGE, FALSE);
}

function littleEndianOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes.slice().reverse())}`);
}

function torsionVectors(): SignatureVector[] {
  const both = { a, r };
  return [
    craft('A with a part of order 8 that vanishes', 1n, 0n, both, exact, HOLDS),
    craft('A with a part of order 4 that vanishes', 2n, 0n, both, exact, HOLDS),
    craft('A with a part of order 2 that vanishes', 4n, 0n, both, exact, HOLDS),
    craft('A and R with parts of order 8 that cancel', 1n, 3n, both, exact, HOLDS),
    craft('A and R with parts of order 2 that cancel', 4n, 4n, both, exact, HOLDS),
    craft(
      'A with a part of order 8 that vanishes only with k reduced modulo L',
      1n,
      0n,
      both,
      (rest, k) => rest === 0n && k % 8n !== 0n,
      HOLDS,
    ),
    craft(
      'A with a part of order 8 that vanishes only with k not reduced',
      1n,
      0n,
      both,
      (rest, k) => rest !== 0n && k % 8n === 0n,
      NOT_EXACT,
    ),
    craft('A with a part of order 8 that stays', 1n, 0n, both, inexact, NOT_EXACT),
    craft('A with a part of order 4 that stays', 2n, 0n, both, inexact, NOT_EXACT),
    craft('A with a part of order 2 that stays', 4n, 0n, both, inexact, NOT_EXACT),
    craft('R with a part of order 8', 0n, 1n, both, inexact, NOT_EXACT),
    craft('R with a part of order 4', 0n, 2n, both, inexact, NOT_EXACT),
    craft('R with a part of order 2', 0n, 4n, both, inexact, NOT_EXACT),
    craft('A and R with parts of order 8 that do not cancel', 1n, 3n, both, inexact, NOT_EXACT),
  ];
}

/** In each of these the equation holds exactly, so that only the order can be the reason to refuse. */
function smallOrderVectors(): SignatureVector[] {
  const name = (index: bigint): string => `order ${['1', '8', '4', '8', '2', '8', '4', '8'][Number(index)]}`;
  const all = [0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n];
  return [
    ...all.map((t) => craft(`A of ${name(t)}, number ${t}`, t, 0n, { a: 0n, r }, exact, SMALL_A)),
    ...all.map((t) =>
      craft(`R of ${name(t)}, number ${t}`, (8n - t) % 8n === 0n ? 0n : 1n, t, { a, r: 0n }, exact, SMALL_R),
    ),
    craft('A and R of order 1, S = 0', 0n, 0n, { a: 0n, r: 0n }, exact, SMALL_A),
    craft('A and R of order 8, S = 0', 1n, 1n, { a: 0n, r: 0n }, exact, SMALL_A),
  ];
}

/** Other bytes for points; where a small-order point allows it, the equation holds for the decoded point. */
function encodingVectors(): SignatureVector[] {
  const onlyR = { tA: 0n, tR: 0n, a: 0n, r };
  const onlyA = { tA: 0n, tR: 0n, a, r: 0n };
  const order4 = smallPoint(2n).x % 2n === 0n ? 2n : 6n;
  const yOf = (y: bigint, sign = false): Uint8Array => littleEndian(y + (sign ? SIGN_BIT : 0n));
  const off = firstY((y) => !isOnCurve(y));
  const large = firstY((y) => y > 1n && isOnCurve(y)) + P;
  return [
    reencoded('A = 1 as y = p + 1', { A: yOf(P + 1n) }, onlyR, ENCODING_A),
    reencoded('A = 1 with the sign bit', { A: yOf(1n, true) }, onlyR, ENCODING_A),
    reencoded('A = 1 as y = p + 1 with the sign bit', { A: yOf(P + 1n, true) }, onlyR, ENCODING_A),
    reencoded('A of order 2 with the sign bit', { A: yOf(P - 1n, true) }, { ...onlyR, tA: 4n }, ENCODING_A),
    reencoded('A of order 4 as y = p', { A: yOf(P) }, { ...onlyR, tA: order4 }, ENCODING_A),
    reencoded(
      'A of order 4 as y = p with the sign bit',
      { A: yOf(P, true) },
      { ...onlyR, tA: 8n - order4 },
      ENCODING_A,
    ),
    reencoded('A of large order as y + p', { A: yOf(large) }, onlyR, ENCODING_A),
    reencoded('A with y = 2^255 - 1', { A: yOf(2n ** 255n - 1n) }, onlyR, ENCODING_A),
    reencoded('A that is no point', { A: yOf(off) }, onlyR, ENCODING_A),
    reencoded('R = 1 as y = p + 1', { R: yOf(P + 1n) }, onlyA, ENCODING_R),
    reencoded('R = 1 with the sign bit', { R: yOf(1n, true) }, onlyA, ENCODING_R),
    reencoded(
      'R of order 2 with the sign bit',
      { R: yOf(P - 1n, true) },
      { ...onlyA, tA: 1n, tR: 4n },
      ENCODING_R,
    ),
    reencoded('R of order 4 as y = p', { R: yOf(P) }, { ...onlyA, tA: 1n, tR: order4 }, ENCODING_R),
    reencoded('R of large order as y + p', { R: yOf(large) }, onlyA, ENCODING_R),
    reencoded('R with y = 2^255 - 1', { R: yOf(2n ** 255n - 1n) }, onlyA, ENCODING_R),
    reencoded('R that is no point', { R: yOf(off) }, onlyA, ENCODING_R),
  ];
}

function firstY(holds: (y: bigint) => boolean): bigint {
  for (let y = 0n; y < 19n; y += 1n) if (holds(y)) return y;
  throw new Error('invariant: such a y below 19');
}

function keyVectors(): KeyVector[] {
  const key = (name: string, encoded: Uint8Array, reason: string): KeyVector => ({
    name,
    key: toHex(encoded),
    valid: reason === PRIME_ORDER,
    reason,
  });
  const PRIME_ORDER = 'a canonical point of the prime-order subgroup';
  const mixed = 'outside the prime-order subgroup';
  const point = timesBase(a);
  return [
    key('a plain key', fromHex(SECRET.publicKey), PRIME_ORDER),
    key('the base point', Point.BASE.toBytes(), PRIME_ORDER),
    ...[1n, 2n, 4n].map((t) =>
      key(`a key with a part of order ${8n / t}`, point.add(smallPoint(t)).toBytes(), mixed),
    ),
    ...[0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n].map((t) =>
      key(`small order, number ${t}`, smallPoint(t).toBytes(), SMALL_A),
    ),
    key('y = p + 1', littleEndian(P + 1n), ENCODING_A),
    key('y of large order as y + p', littleEndian(firstY((y) => y > 1n && isOnCurve(y)) + P), ENCODING_A),
    key('x = 0 with the sign bit', littleEndian(1n + SIGN_BIT), ENCODING_A),
    key('no point', littleEndian(firstY((y) => !isOnCurve(y))), ENCODING_A),
  ];
}

export function ed25519Vectors(): Ed25519Vectors {
  return {
    description:
      'The pinned Ed25519 rule (docs/proofs.md, section Signatures). signatures: key, signature and message are hex; ' +
      'valid says whether the signature counts, and reason why. keys: valid says whether the key may enter the ledger. ' +
      'Where an encoding or an order is the reason, the equation holds whenever that can be arranged.',
    signatures: [...plainVectors(), ...torsionVectors(), ...smallOrderVectors(), ...encodingVectors()],
    keys: keyVectors(),
  };
}
