// Owns: Feldman's verifiable secret sharing over a Group, and its re-sharing to another set (Feldman 1987; Desmedt and
// Jajodia 1997). Does not own: the group (group.ts), who deals to whom, how shares travel, what is signed.
import { equalBytes } from '../bytes.ts';
import { VALIDATORS_MAX } from '../limits.ts';
import {
  bigintToScalar,
  type Group,
  IDENTITY_POINT,
  invertModulo,
  isSecretScalar,
  scalarToBigint,
} from './group.ts';

/** A share with the index it belongs to: position in the custodians' list + 1. */
export interface IndexedShare {
  readonly index: number;
  readonly share: Uint8Array;
}

/** Of the polynomial f with f(0) = secret: points[k] = a_k B, and shares[i - 1] = f(i). */
export interface Dealt {
  readonly points: readonly Uint8Array[];
  readonly shares: readonly Uint8Array[];
}

/** Why the points of a dealing are not taken. */
export type PointsRefusal = 'point-count' | 'point-invalid' | 'dealer-invalid' | 'secret-other';

/**
 * Shares `secret` among `count` custodians: 1 + coefficients.length of the shares give it back, fewer say nothing.
 * Secret and coefficients are secret scalars; each coefficient is random and used once.
 */
export function deal(
  group: Group,
  secret: Uint8Array,
  coefficients: readonly Uint8Array[],
  count: number,
): Dealt {
  const scalars = [secret, ...coefficients];
  if (!scalars.every(isSecretScalar)) throw new Error('invariant: a dealing is of scalars that are not zero');
  if (!isIndex(count) || scalars.length > count)
    throw new Error('invariant: fewer custodians than threshold');
  const polynomial = scalars.map(scalarToBigint);
  const shares = Array.from({ length: count }, (_, position) =>
    bigintToScalar(evaluate(polynomial, BigInt(position + 1))),
  );
  // One in 2^252: a custodian refuses such a share, so that a dealing with one would be dead.
  if (!shares.every(isSecretScalar)) throw new Error('invariant: the coefficients make a share zero');
  return { points: scalars.map((scalar) => group.base(scalar)), shares };
}

/** Horner. Shares are reduced by `bigintToScalar`; the sum stays small, as indexes are. */
function evaluate(polynomial: readonly bigint[], at: bigint): bigint {
  return polynomial.reduceRight((sum, coefficient) => sum * at + coefficient, 0n);
}

/** Why these points cannot be a dealing with this threshold; `undefined` when they can. Takes any bytes. */
export function pointsRefusal(
  group: Group,
  points: readonly Uint8Array[],
  threshold: number,
): PointsRefusal | undefined {
  if (points.length !== threshold || threshold < 1 || threshold > VALIDATORS_MAX) return 'point-count';
  return points.every((point) => group.isElement(point)) ? undefined : 'point-invalid';
}

/**
 * The sum of index^k P_k: what f(index) B must be. Points are elements. Horner with additions only: an index is so
 * small that doubling costs less than a multiplication by a scalar, on every engine.
 */
export function evaluatePoints(group: Group, points: readonly Uint8Array[], index: number): Uint8Array {
  if (!isIndex(index)) throw new Error('invariant: no index of a custodian');
  const last = points.at(-1);
  if (last === undefined) throw new Error('invariant: a dealing has points');
  return points
    .slice(0, -1)
    .reduceRight((sum, point) => group.add(smallMultiple(group, sum, index), point), last);
}

function smallMultiple(group: Group, point: Uint8Array, factor: number): Uint8Array {
  let sum: Uint8Array | undefined;
  let doubled = point;
  for (let rest = factor; ; doubled = group.add(doubled, doubled)) {
    if (rest % 2 === 1) sum = sum === undefined ? doubled : group.add(sum, doubled);
    rest = Math.floor(rest / 2);
    if (rest === 0) return sum ?? doubled;
  }
}

/** Whether the share is f(index) of the polynomial behind the points. Takes any bytes; a zero share is none. */
export function isShareOf(
  group: Group,
  points: readonly Uint8Array[],
  index: number,
  share: Uint8Array,
): boolean {
  return falseShares(group, points, [{ index, share }]).length === 0;
}

/**
 * The indexes of those shares that are not of these points, all of them when the points are no dealing. Takes any
 * bytes. Checks the points once, which is most of the work.
 */
export function falseShares(
  group: Group,
  points: readonly Uint8Array[],
  shares: readonly IndexedShare[],
): readonly number[] {
  const refused = pointsRefusal(group, points, points.length) !== undefined;
  return shares
    .filter(
      ({ index, share }) =>
        refused ||
        !isIndex(index) ||
        !isSecretScalar(share) ||
        !equalBytes(group.base(share), evaluatePoints(group, points, index)),
    )
    .map(({ index }) => index);
}

/** f(0) of the polynomial through exactly these shares, which the caller has checked; their count is its threshold. */
export function combineShares(shares: readonly IndexedShare[]): Uint8Array {
  const indexes = shares.map(({ index }) => index);
  const sum = shares.reduce((total, { index, share }) => {
    return total + weightAtZero(indexes, index) * scalarToBigint(share);
  }, 0n);
  return bigintToScalar(sum);
}

/** Lagrange's weight of `index` at zero, among `indexes`: the product of j / (j - index) over the others. */
export function lagrangeAtZero(indexes: readonly number[], index: number): Uint8Array {
  return bigintToScalar(weightAtZero(indexes, index));
}

function weightAtZero(indexes: readonly number[], index: number): bigint {
  if (!indexes.includes(index) || !areIndexes(indexes)) throw new Error('invariant: not distinct indexes');
  let numerator = 1n;
  let denominator = 1n;
  for (const other of indexes) {
    if (other === index) continue;
    numerator *= BigInt(other);
    denominator *= BigInt(other - index);
  }
  return numerator * invertModulo(denominator);
}

/**
 * Why these points cannot be what custodian `dealer` of the old epoch deals anew: they must be a dealing of the new
 * threshold whose secret is the dealer's old share. `oldPoints` are elements; the rest is any bytes.
 */
export function redealingRefusal(
  group: Group,
  oldPoints: readonly Uint8Array[],
  dealer: number,
  points: readonly Uint8Array[],
  threshold: number,
): PointsRefusal | undefined {
  if (!isIndex(dealer)) return 'dealer-invalid';
  const refusal = pointsRefusal(group, points, threshold);
  if (refusal !== undefined) return refusal;
  const [first] = points;
  const expected = evaluatePoints(group, oldPoints, dealer);
  return first !== undefined && equalBytes(first, expected) ? undefined : 'secret-other';
}

/** A checked dealing of custodian `weightIndex` of the old epoch, as one new custodian sees it. */
export interface Redealing {
  /** Index of the dealer in the old epoch. */
  readonly weightIndex: number;
  readonly points: readonly Uint8Array[];
  /** What the dealer dealt to the one new custodian whose share is computed. */
  readonly share: Uint8Array;
}

export interface Combined {
  readonly points: readonly Uint8Array[];
  readonly share: Uint8Array;
}

/**
 * The new share and the new points from the dealings of exactly the old threshold of old custodians, each checked
 * (`redealingRefusal`, `isShareOf`): share' = sum of w_d g_d(j), points'_k = sum of w_d C_d[k]. The new first point is
 * the old one. `undefined` when a sum is zero: with one honest dealer that has the odds of a guess, so then none was.
 */
export function combineDealings(group: Group, parts: readonly Redealing[]): Combined | undefined {
  const points = combinePoints(group, parts);
  const share = combineShares(parts.map(({ weightIndex, share }) => ({ index: weightIndex, share })));
  return points !== undefined && isSecretScalar(share) ? { points, share } : undefined;
}

/** The new points alone, for who holds no share. As `combineDealings`. */
export function combinePoints(
  group: Group,
  parts: readonly Pick<Redealing, 'weightIndex' | 'points'>[],
): readonly Uint8Array[] | undefined {
  const indexes = parts.map(({ weightIndex }) => weightIndex);
  const weights = parts.map(({ weightIndex }) => lagrangeAtZero(indexes, weightIndex));
  const threshold = parts[0]?.points.length ?? 0;
  if (threshold === 0 || parts.some(({ points }) => points.length !== threshold))
    throw new Error('invariant: dealings of one threshold');
  const points = Array.from({ length: threshold }, (_, position) =>
    parts.reduce(
      (sum, part, at) => addWeighted(group, sum, part.points[position], weights[at]),
      IDENTITY_POINT,
    ),
  );
  return points.every((point) => group.isElement(point)) ? points : undefined;
}

function addWeighted(
  group: Group,
  sum: Uint8Array,
  point: Uint8Array | undefined,
  weight: Uint8Array | undefined,
): Uint8Array {
  if (point === undefined || weight === undefined)
    throw new Error('invariant: a point and a weight for each part');
  return group.add(sum, group.multiply(point, weight));
}

/** Indexes go from 1 to the largest set; zero is where the secret lies. */
function isIndex(index: number): boolean {
  return Number.isSafeInteger(index) && index >= 1 && index <= VALIDATORS_MAX;
}

function areIndexes(indexes: readonly number[]): boolean {
  return indexes.every(isIndex) && new Set(indexes).size === indexes.length;
}
