// Owns: the published vectors of the group and of Feldman's sharing over it: accept and reject, by our own construction.
// Every one holds on every engine of the group. Does not own: how an engine is held against them (../sharing-cases.ts).
import {
  bigintToScalar,
  combineDealings,
  type Dealt,
  deal,
  IDENTITY_POINT,
  nobleGroup,
  toHex,
} from '../../../src/index.ts';
import {
  isOnCurve,
  L,
  littleEndian,
  P,
  SIGN_BIT,
  scalarOf,
  smallPoint,
  timesBase,
} from './ed25519-points.ts';

export interface ElementVector {
  readonly name: string;
  readonly point: string;
  readonly valid: boolean;
  readonly reason: string;
}

/** `result` null: the arguments break the rule, and the engine throws. */
export interface ArithmeticVector {
  readonly name: string;
  readonly operation: 'base' | 'multiply' | 'add';
  readonly arguments: readonly string[];
  readonly result: string | null;
}

export interface DealingVector {
  readonly name: string;
  readonly secret: string;
  readonly coefficients: readonly string[];
  readonly points: readonly string[];
  readonly shares: readonly string[];
}

export interface ShareVector {
  readonly name: string;
  readonly points: readonly string[];
  readonly index: number;
  readonly share: string;
  readonly valid: boolean;
}

export interface RedealingVector {
  readonly name: string;
  readonly oldPoints: readonly string[];
  readonly dealer: number;
  readonly points: readonly string[];
  readonly threshold: number;
  readonly refusal: string | null;
}

/** `combined` null: a sum is zero. */
export interface CombinationVector {
  readonly name: string;
  readonly parts: readonly {
    readonly weightIndex: number;
    readonly points: readonly string[];
    readonly share: string;
  }[];
  readonly combined: { readonly points: readonly string[]; readonly share: string } | null;
}

export interface SharingVectors {
  readonly description: string;
  readonly elements: readonly ElementVector[];
  readonly arithmetic: readonly ArithmeticVector[];
  readonly dealings: readonly DealingVector[];
  readonly shares: readonly ShareVector[];
  readonly redealings: readonly RedealingVector[];
  readonly combinations: readonly CombinationVector[];
}

const ELEMENT = 'canonical, of the prime-order subgroup, not the identity';
const TORSION = 'outside the prime-order subgroup';
const ENCODING = 'not the canonical encoding of a point';

const a = scalarOf('a');
const b = scalarOf('b');
const secret = scalarOf('secret');
const ORDERS = ['1', '8', '4', '8', '2', '8', '4', '8'] as const;

function firstY(holds: (y: bigint) => boolean): bigint {
  for (let y = 2n; y < 19n; y += 1n) if (holds(y)) return y;
  throw new Error('invariant: such a y below 19');
}

/** Bytes that are no element: by name, with the reason. */
const STRANGE: readonly (readonly [string, Uint8Array, string])[] = [
  ...ORDERS.map(
    (order, index) =>
      [
        `of order ${order}, number ${index}`,
        smallPoint(BigInt(index)).toBytes(),
        index === 0 ? 'the identity' : TORSION,
      ] as const,
  ),
  ...[1n, 2n, 4n].map(
    (t) => [`with a part of order ${8n / t}`, timesBase(a).add(smallPoint(t)).toBytes(), TORSION] as const,
  ),
  ['the identity with the sign bit', littleEndian(1n + SIGN_BIT), ENCODING],
  ['the identity as y = p + 1', littleEndian(P + 1n), ENCODING],
  ['the identity as y = p + 1 with the sign bit', littleEndian(P + 1n + SIGN_BIT), ENCODING],
  ['of order 2 with the sign bit', littleEndian(P - 1n + SIGN_BIT), ENCODING],
  ['of order 4 as y = p', littleEndian(P), ENCODING],
  ['of large order as y + p', littleEndian(firstY(isOnCurve) + P), ENCODING],
  ['y = 2^255 - 1', littleEndian(2n ** 255n - 1n), ENCODING],
  ['all ones', new Uint8Array(32).fill(0xff), ENCODING],
  ['no point', littleEndian(firstY((y) => !isOnCurve(y))), ENCODING],
  ['a byte short', timesBase(a).toBytes().subarray(1), ENCODING],
  ['a byte long', Uint8Array.of(...timesBase(a).toBytes(), 0), ENCODING],
  ['empty', new Uint8Array(0), ENCODING],
];

function elementVectors(): ElementVector[] {
  const vector = (name: string, point: Uint8Array, reason: string): ElementVector => ({
    name,
    point: toHex(point),
    valid: reason === ELEMENT,
    reason,
  });
  return [
    vector('the base point', timesBase(1n).toBytes(), ELEMENT),
    vector('its opposite', timesBase(L - 1n).toBytes(), ELEMENT),
    vector('a point', timesBase(a).toBytes(), ELEMENT),
    ...STRANGE.map(([name, point, reason]) => vector(name, point, reason)),
  ];
}

function arithmeticVectors(): ArithmeticVector[] {
  const vector = (
    name: string,
    operation: ArithmeticVector['operation'],
    given: readonly Uint8Array[],
    result: Uint8Array | null,
  ): ArithmeticVector => ({
    name,
    operation,
    arguments: given.map(toHex),
    result: result && toHex(result),
  });
  const scalar = bigintToScalar;
  const A = timesBase(a).toBytes();
  const large = littleEndian(L);
  const T = smallPoint(1n);
  const broken = STRANGE.filter(([, , reason]) => reason === ENCODING);
  return [
    vector('zero', 'base', [scalar(0n)], IDENTITY_POINT),
    vector('one', 'base', [scalar(1n)], timesBase(1n).toBytes()),
    vector('a', 'base', [scalar(a)], A),
    vector('L - 1', 'base', [scalar(L - 1n)], timesBase(L - 1n).toBytes()),
    vector('L', 'base', [large], null),
    vector('1 + 2^255', 'base', [littleEndian(1n + SIGN_BIT)], null),
    vector('31 bytes', 'base', [scalar(a).subarray(1)], null),
    vector('zero', 'multiply', [A, scalar(0n)], IDENTITY_POINT),
    vector('one', 'multiply', [A, scalar(1n)], A),
    vector('b', 'multiply', [A, scalar(b)], timesBase((a * b) % L).toBytes()),
    vector('b of the base point', 'multiply', [timesBase(1n).toBytes(), scalar(b)], timesBase(b).toBytes()),
    vector('b of the identity', 'multiply', [IDENTITY_POINT, scalar(b)], IDENTITY_POINT),
    vector('L', 'multiply', [A, large], null),
    vector('L of the identity', 'multiply', [IDENTITY_POINT, large], null),
    ...STRANGE.filter(([, , reason]) => reason === TORSION || reason === ENCODING).flatMap(
      ([name, point]) => [
        vector(`b of a point ${name}`, 'multiply', [point, scalar(b)], null),
        vector(`zero of a point ${name}`, 'multiply', [point, scalar(0n)], null),
      ],
    ),
    vector('two points', 'add', [A, timesBase(b).toBytes()], timesBase((a + b) % L).toBytes()),
    vector('a point and itself', 'add', [A, A], timesBase((2n * a) % L).toBytes()),
    vector('opposite points', 'add', [A, timesBase(L - a).toBytes()], IDENTITY_POINT),
    vector('the identity and a point', 'add', [IDENTITY_POINT, A], A),
    vector('a point and the identity', 'add', [A, IDENTITY_POINT], A),
    vector('the identity twice', 'add', [IDENTITY_POINT, IDENTITY_POINT], IDENTITY_POINT),
    vector('a point and one of order 8', 'add', [A, T.toBytes()], timesBase(a).add(T).toBytes()),
    vector('points of order 8', 'add', [T.toBytes(), T.toBytes()], smallPoint(2n).toBytes()),
    ...broken.flatMap(([name, point]) => [
      vector(`a point and one ${name}`, 'add', [A, point], null),
      vector(`one ${name} and a point`, 'add', [point, A], null),
    ]),
  ];
}

function dealt(
  name: string,
  value: bigint,
  threshold: number,
  count: number,
): Dealt & { coefficients: Uint8Array[] } {
  const coefficients = Array.from({ length: threshold - 1 }, (_, k) =>
    bigintToScalar(scalarOf(`${name} ${k + 1}`)),
  );
  return { ...deal(nobleGroup, bigintToScalar(value), coefficients, count), coefficients };
}

function dealingVectors(): DealingVector[] {
  return (
    [
      [2, 3],
      [2, 4],
      [3, 7],
      [6, 16],
      [22, 64],
      [4, 4],
    ] as const
  ).map(([threshold, count]) => {
    const name = `${threshold} of ${count}`;
    const { points, shares, coefficients } = dealt(name, secret, threshold, count);
    return {
      name,
      secret: toHex(bigintToScalar(secret)),
      coefficients: coefficients.map(toHex),
      points: points.map(toHex),
      shares: shares.map(toHex),
    };
  });
}

function shareVectors(): ShareVector[] {
  const { points, shares } = dealt('3 of 7', secret, 3, 7);
  const share = (index: number): Uint8Array => shares[index - 1] ?? new Uint8Array(0);
  const vector = (
    name: string,
    given: readonly Uint8Array[],
    index: number,
    value: Uint8Array,
    valid: boolean,
  ): ShareVector => ({ name, points: given.map(toHex), index, share: toHex(value), valid });
  const [first = IDENTITY_POINT, second = IDENTITY_POINT, third = IDENTITY_POINT] = points;
  const value = BigInt(`0x${toHex(share(2).slice().reverse())}`);
  // f(x) = a (x - 2): its share of 2 is zero.
  const zeroAtTwo = [timesBase((2n * (L - a)) % L).toBytes(), timesBase(a).toBytes()];
  return [
    ...[1, 2, 3, 4, 5, 6, 7].map((index) => vector(`share ${index}`, points, index, share(index), true)),
    vector('of another index', points, 2, share(3), false),
    vector(
      'with one bit flipped',
      points,
      2,
      share(2).map((byte, at) => (at === 0 ? byte ^ 1 : byte)),
      false,
    ),
    vector('not below L', points, 2, littleEndian(value + L), false),
    vector('a byte short', points, 2, share(2).subarray(1), false),
    vector('zero where the polynomial is zero', zeroAtTwo, 2, new Uint8Array(32), false),
    vector('one where the polynomial is not zero', zeroAtTwo, 3, bigintToScalar(a), true),
    vector('zero', points, 2, new Uint8Array(32), false),
    vector('index zero with the secret', points, 0, bigintToScalar(secret), false),
    vector('index past the largest set', points, 65, share(2), false),
    vector('points in another order', [second, first, third], 2, share(2), false),
    vector('a point missing', [first, second], 2, share(2), false),
    vector('no points', [], 2, share(2), false),
    // With a part of order 2 on the second point the equation holds at every even index.
    vector(
      'a point with a part of order 2 that vanishes at the index',
      [first, timesBase(scalarOf('3 of 7 1')).add(smallPoint(4n)).toBytes(), third],
      2,
      share(2),
      false,
    ),
    vector('the identity as a last point', [...points, IDENTITY_POINT], 2, share(2), false),
    ...STRANGE.map(([name, point]) => vector(`a point ${name}`, [first, point, third], 2, share(2), false)),
  ];
}

/** Custodian `dealer` of the dealing deals its share again. */
function redealt(old: Dealt, dealer: number, threshold: number, count: number): Dealt {
  const share = old.shares[dealer - 1] ?? new Uint8Array(0);
  const value = BigInt(`0x${toHex(share.slice().reverse())}`);
  return dealt(`dealer ${dealer}, ${threshold} of ${count}`, value, threshold, count);
}

function redealingVectors(): RedealingVector[] {
  const old = dealt('2 of 4', secret, 2, 4);
  const next = redealt(old, 3, 3, 7).points;
  const [, second = IDENTITY_POINT, third = IDENTITY_POINT] = next;
  const vector = (
    name: string,
    dealer: number,
    points: readonly Uint8Array[],
    threshold: number,
    refusal: string | null,
  ): RedealingVector => ({
    name,
    oldPoints: old.points.map(toHex),
    dealer,
    points: points.map(toHex),
    threshold,
    refusal,
  });
  return [
    vector('to a larger set', 3, next, 3, null),
    vector('to the same set', 1, redealt(old, 1, 2, 4).points, 2, null),
    vector('under the name of another dealer', 2, next, 3, 'secret-other'),
    vector('of another secret', 3, dealt('other', b, 3, 7).points, 3, 'secret-other'),
    vector('of the record itself', 3, dealt('whole', secret, 3, 7).points, 3, 'secret-other'),
    vector('a point too few', 3, next.slice(0, 2), 3, 'point-count'),
    vector('a point too many', 3, [...next, third], 3, 'point-count'),
    vector('no points', 3, [], 3, 'point-count'),
    vector(
      'the identity among the points',
      3,
      [next[0] ?? IDENTITY_POINT, second, IDENTITY_POINT],
      3,
      'point-invalid',
    ),
    vector('a first point of order 8', 3, [smallPoint(1n).toBytes(), second, third], 3, 'point-invalid'),
    vector('no index of a dealer', 0, next, 3, 'dealer-invalid'),
    vector('an index past the largest set', 65, next, 3, 'dealer-invalid'),
  ];
}

function combinationVectors(): CombinationVector[] {
  const old = dealt('2 of 4', secret, 2, 4);
  const vector = (
    name: string,
    dealers: readonly number[],
    threshold: number,
    count: number,
    index: number,
  ) => {
    const parts = dealers.map((weightIndex) => {
      const { points, shares } = redealt(old, weightIndex, threshold, count);
      return { weightIndex, points, share: shares[index - 1] ?? new Uint8Array(0) };
    });
    return combination(name, parts);
  };
  const opposite = [
    { weightIndex: 1, points: [timesBase(a), timesBase(b)], share: a },
    // The weights of 1 and 2 at zero are 2 and -1.
    { weightIndex: 2, points: [timesBase(b), timesBase((2n * b) % L)], share: b },
  ].map(({ weightIndex, points, share }) => ({
    weightIndex,
    points: points.map((point) => point.toBytes()),
    share: bigintToScalar(share),
  }));
  return [
    vector('dealers 1 and 3 to the first of seven', [1, 3], 3, 7, 1),
    vector('dealers 1 and 3 to the last of seven', [1, 3], 3, 7, 7),
    vector('dealers 3 and 1, in that order', [3, 1], 3, 7, 7),
    vector('dealers 2 and 4 to the second of four', [2, 4], 2, 4, 2),
    combination('whose second points cancel', opposite),
  ];
}

function combination(
  name: string,
  parts: readonly { weightIndex: number; points: readonly Uint8Array[]; share: Uint8Array }[],
): CombinationVector {
  const combined = combineDealings(nobleGroup, parts);
  return {
    name,
    parts: parts.map(({ weightIndex, points, share }) => ({
      weightIndex,
      points: points.map(toHex),
      share: toHex(share),
    })),
    combined:
      combined === undefined ? null : { points: combined.points.map(toHex), share: toHex(combined.share) },
  };
}

export function sharingVectors(): SharingVectors {
  return {
    description:
      'The group edwards25519 and Feldman sharing over it. Points are encoded as in RFC 8032, scalars as 32 bytes ' +
      'little-endian, all hex. elements: whether a stranger may send the point. arithmetic: result null means that the ' +
      'arguments break the rule. dealings: points[k] = a_k B, shares[i - 1] = f(i). shares: whether share is f(index). ' +
      'redealings: why the points are not what the dealer of the old points deals again. combinations: the new points ' +
      'and share of one custodian, null when a sum is zero.',
    elements: elementVectors(),
    arithmetic: arithmeticVectors(),
    dealings: dealingVectors(),
    shares: shareVectors(),
    redealings: redealingVectors(),
    combinations: combinationVectors(),
  };
}
