import { ed25519_FROST } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  combineDealings,
  combinePoints,
  combineShares,
  type Dealt,
  deal,
  evaluatePoints,
  falseShares,
  isShareOf,
  lagrangeAtZero,
  nobleGroup,
  randomScalar,
  redealingRefusal,
  sha256,
  toHex,
  utf8,
} from '../../../src/index.ts';

/** A scalar by name, the same in every run. */
function scalarOf(name: string): Uint8Array {
  return randomScalar(Uint8Array.of(...sha256(utf8(`${name} low`)), ...sha256(utf8(`${name} high`))));
}

function dealNamed(name: string, threshold: number, count: number): Dealt & { secret: Uint8Array } {
  const coefficients = Array.from({ length: threshold - 1 }, (_, k) => scalarOf(`${name} ${k}`));
  const secret = scalarOf(name);
  return { secret, ...deal(nobleGroup, secret, coefficients, count) };
}

function indexed(shares: readonly Uint8Array[], indexes: readonly number[]) {
  return indexes.map((index) => ({ index, share: shares[index - 1] ?? new Uint8Array(0) }));
}

/** Threshold, count, and a choice of threshold indexes in any order. */
const settings = fc
  .record({
    threshold: fc.integer({ min: 1, max: 6 }),
    more: fc.integer({ min: 0, max: 6 }),
    name: fc.string(),
  })
  .chain(({ threshold, more, name }) =>
    fc
      .shuffledSubarray(
        Array.from({ length: threshold + more }, (_, at) => at + 1),
        { minLength: threshold, maxLength: threshold },
      )
      .map((indexes) => ({ threshold, count: threshold + more, name, indexes })),
  );

describe('sharing', () => {
  it('gives the secret back from any threshold of shares, and every share checks', () => {
    fc.assert(
      fc.property(settings, ({ threshold, count, name, indexes }) => {
        const { secret, points, shares } = dealNamed(name, threshold, count);
        expect(combineShares(indexed(shares, indexes))).toEqual(secret);
        expect(falseShares(nobleGroup, points, indexed(shares, indexes))).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  it('gives something else from fewer shares', () => {
    const { secret, shares } = dealNamed('fewer', 3, 4);
    expect(combineShares(indexed(shares, [1, 2]))).not.toEqual(secret);
  });

  it('names each false share and no other', () => {
    const { points, shares } = dealNamed('named', 3, 7);
    const given = indexed(shares, [1, 2, 3, 4, 5]).map(({ index, share }) => ({
      index,
      share: index % 2 === 0 ? scalarOf(`forged ${index}`) : share,
    }));
    expect(falseShares(nobleGroup, points, given)).toEqual([2, 4]);
    expect(falseShares(nobleGroup, [], given)).toEqual([1, 2, 3, 4, 5]);
  });

  it('answers any bytes with false', () => {
    const bytes = fc.uint8Array({ maxLength: 40 });
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 3 }), fc.double(), bytes, (points, index, share) => {
        expect(isShareOf(nobleGroup, points, index, share)).toBe(false);
        expect(redealingRefusal(nobleGroup, [], index, points, 2)).toBeDefined();
      }),
      { numRuns: 50 },
    );
  });

  it('refuses to deal what no custodian would take', () => {
    const zero = new Uint8Array(32);
    const one = Uint8Array.of(1, ...zero.subarray(1));
    expect(() => deal(nobleGroup, zero, [one], 3)).toThrow('invariant');
    expect(() => deal(nobleGroup, one, [zero], 3)).toThrow('invariant');
    expect(() => deal(nobleGroup, one, [one, one, one], 3)).toThrow('invariant');
    expect(() => deal(nobleGroup, one, [one], 65)).toThrow('invariant');
    expect(() => randomScalar(new Uint8Array(64))).toThrow('invariant');
    expect(() => randomScalar(new Uint8Array(32))).toThrow('invariant');
  });

  it('weighs distinct indexes only', () => {
    expect(() => lagrangeAtZero([1, 1], 1)).toThrow('invariant');
    expect(() => lagrangeAtZero([1, 2], 3)).toThrow('invariant');
    expect(() => lagrangeAtZero([0, 1], 1)).toThrow('invariant');
    expect(() => combineShares(indexed(dealNamed('twice', 2, 3).shares, [2, 2]))).toThrow('invariant');
  });
});

describe('re-sharing', () => {
  const old = dealNamed('old', 2, 4);

  /** Each dealer deals its share to a new set. */
  function redeal(dealers: readonly number[], threshold: number, count: number) {
    return dealers.map((weightIndex) => {
      const coefficients = Array.from({ length: threshold - 1 }, (_, k) => scalarOf(`${weightIndex} ${k}`));
      return {
        weightIndex,
        ...deal(nobleGroup, old.shares[weightIndex - 1] ?? new Uint8Array(0), coefficients, count),
      };
    });
  }

  it.each([
    [[1, 3], 3, 7],
    [[4, 2], 2, 3],
    [[2, 3], 2, 4],
  ])('by dealers %j to %i of %i keeps the secret and its point', (dealers, threshold, count) => {
    const dealings = redeal(dealers, threshold, count);
    for (const { weightIndex, points } of dealings)
      expect(redealingRefusal(nobleGroup, old.points, weightIndex, points, threshold)).toBeUndefined();
    const combined = Array.from({ length: count }, (_, at) =>
      combineDealings(
        nobleGroup,
        dealings.map(({ weightIndex, points, shares }) => ({
          weightIndex,
          points,
          share: shares[at] ?? new Uint8Array(0),
        })),
      ),
    );
    const points = combinePoints(nobleGroup, dealings) ?? [];
    expect(points[0]).toEqual(old.points[0]);
    const shares = combined.map((part) => part?.share ?? new Uint8Array(0));
    for (const [at, part] of combined.entries()) {
      expect(part?.points).toEqual(points);
      expect(isShareOf(nobleGroup, points, at + 1, shares[at] ?? new Uint8Array(0))).toBe(true);
    }
    const last = Array.from({ length: threshold }, (_, at) => count - at);
    expect(combineShares(indexed(shares, last))).toEqual(old.secret);
  });

  it('gives no new share when a sum is zero, and refuses dealings of two thresholds', () => {
    const [first, second] = redeal([1, 3], 2, 4);
    const share = scalarOf('any');
    const minusHalf = lagrangeAtZero([1, 3], 3);
    // Weights 3/2 and -1/2: points that cancel in every place.
    const parts = [
      { weightIndex: 1, points: [nobleGroup.base(minusHalf)], share },
      { weightIndex: 3, points: [evaluateNegative(lagrangeAtZero([1, 3], 1))], share },
    ];
    expect(combineDealings(nobleGroup, parts)).toBeUndefined();
    if (first === undefined || second === undefined) throw new Error('two dealings');
    expect(() => combinePoints(nobleGroup, [first, { ...second, points: second.points.slice(1) }])).toThrow(
      'invariant',
    );
  });

  function evaluateNegative(scalar: Uint8Array): Uint8Array {
    const point = nobleGroup.base(scalar);
    return point.map((byte, at) => (at === 31 ? byte ^ 0x80 : byte));
  }
});

describe('the sharing of RFC 9591 in @noble/curves', () => {
  const signers = { min: 3, max: 5 };
  const identifiers = [1, 2, 3, 4, 5].map((index) => ed25519_FROST.Identifier.fromNumber(index));

  it('deals what checks and combines here', () => {
    const secret = scalarOf('frost');
    const dealt = ed25519_FROST.trustedDealer(signers, identifiers, secret);
    const points = dealt.public.commitments.map((point) => Uint8Array.from(point));
    const shares = identifiers.map((id) => Uint8Array.from(dealt.secretShares[id]?.signingShare ?? []));
    expect(falseShares(nobleGroup, points, indexed(shares, [1, 2, 3, 4, 5]))).toEqual([]);
    expect(combineShares(indexed(shares, [5, 2, 3]))).toEqual(secret);
    for (const [at, id] of identifiers.entries()) {
      expect(toHex(evaluatePoints(nobleGroup, points, at + 1))).toBe(
        toHex(Uint8Array.from(dealt.public.verifyingShares[id] ?? [])),
      );
    }
  });

  it('checks and combines what is dealt here', () => {
    const { secret, points, shares } = dealNamed('for frost', 3, 5);
    const verifyingShares = Object.fromEntries(
      identifiers.map((id, at) => [id, evaluatePoints(nobleGroup, points, at + 1)]),
    );
    const secrets = identifiers.map((identifier, at) => ({
      identifier,
      signingShare: shares[at] ?? new Uint8Array(0),
    }));
    for (const share of secrets) {
      ed25519_FROST.validateSecret(share, { signers, commitments: [...points], verifyingShares });
    }
    expect(toHex(Uint8Array.from(ed25519_FROST.combineSecret(secrets.slice(1, 4), signers)))).toBe(
      toHex(secret),
    );
  });
});
