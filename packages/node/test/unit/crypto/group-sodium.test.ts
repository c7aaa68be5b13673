import { bigintToScalar, type Group, IDENTITY_POINT, nobleGroup, toHex } from '@consilium/core';
import { ed25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sodiumGroup } from '../../../src/crypto/group-sodium.ts';

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const Curve = ed25519.Point;

function littleEndian(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, at) => Number((value >> BigInt(8 * at)) & 0xffn));
}

/** Of order 8: generates the small subgroup. */
const ORDER_8 = Curve.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05');

const scalar = fc
  .oneof(fc.bigInt({ min: 0n, max: L - 1n }), fc.constantFrom(0n, 1n, 2n, 8n, L - 1n, L - 2n))
  .map(bigintToScalar);

/** Points of the curve, with a part of small order or without, the identity among them. */
const curvePoint = fc
  .tuple(fc.oneof(fc.constant(0n), fc.bigInt({ min: 1n, max: L - 1n })), fc.oneof(fc.constant(0), fc.nat(7)))
  .map(([value, torsion]) => {
    const small = Array.from({ length: torsion }).reduce(
      (sum: typeof ORDER_8) => sum.add(ORDER_8),
      Curve.ZERO,
    );
    return Curve.BASE.multiplyUnsafe(value).add(small).toBytes();
  });

/** Near the edges of what an encoding may be: small y, y about p and 2^255, each with and without the sign. */
const edge = fc
  .tuple(fc.integer({ min: -24, max: 24 }), fc.constantFrom(0n, P, 2n ** 255n), fc.boolean())
  .map(([offset, base, sign]) =>
    littleEndian(((base + BigInt(offset)) & (2n ** 255n - 1n)) + (sign ? 2n ** 255n : 0n)),
  );

const anyPoint = fc.oneof(
  { weight: 4, arbitrary: curvePoint },
  { weight: 4, arbitrary: edge },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 32, maxLength: 32 }) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }) },
);
const anyScalar = fc.oneof(
  { weight: 4, arbitrary: scalar },
  { weight: 1, arbitrary: fc.bigInt({ min: L, max: 2n ** 256n - 1n }).map(littleEndian) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }) },
);

/** The result, or that the arguments were refused as a broken invariant. */
function outcome(run: () => Uint8Array): string {
  try {
    return toHex(run());
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('invariant: ')) return 'refused';
    throw error;
  }
}

function both(run: (group: Group) => Uint8Array): readonly [string, string] {
  return [outcome(() => run(sodiumGroup)), outcome(() => run(nobleGroup))];
}

describe('the group on libsodium', () => {
  it('knows the same elements as core, and as @noble/curves', () => {
    fc.assert(
      fc.property(anyPoint, (point) => {
        const isElement = sodiumGroup.isElement(point);
        expect(isElement).toBe(nobleGroup.isElement(point));
        expect(isElement).toBe(isElementOfCurves(point));
      }),
      { numRuns: 400 },
    );
  });

  it('adds as core does, and refuses the same bytes', () => {
    fc.assert(
      fc.property(anyPoint, anyPoint, (a, b) => {
        const [sodium, noble] = both((group) => group.add(a, b));
        expect(sodium).toBe(noble);
      }),
      { numRuns: 400 },
    );
  });

  it('multiplies as core does, and refuses the same bytes', () => {
    fc.assert(
      fc.property(anyPoint, anyScalar, (point, factor) => {
        const [sodium, noble] = both((group) => group.multiply(point, factor));
        expect(sodium).toBe(noble);
        const [sodiumBase, nobleBase] = both((group) => group.base(factor));
        expect(sodiumBase).toBe(nobleBase);
      }),
      { numRuns: 200 },
    );
  });

  it('comes to the same points as @noble/curves', () => {
    fc.assert(
      fc.property(scalar, scalar, (a, b) => {
        const [x, y] = [toNumber(a), toNumber(b)];
        const point = Curve.BASE.multiplyUnsafe(x);
        expect(toHex(sodiumGroup.base(a))).toBe(point.toHex());
        expect(toHex(sodiumGroup.multiply(point.toBytes(), b))).toBe(point.multiplyUnsafe(y).toHex());
        expect(toHex(sodiumGroup.add(point.toBytes(), sodiumGroup.base(b)))).toBe(
          point.add(Curve.BASE.multiplyUnsafe(y)).toHex(),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('takes the identity in arithmetic and never as an element', () => {
    const seven = bigintToScalar(7n);
    for (const group of [sodiumGroup, nobleGroup]) {
      expect(group.isElement(IDENTITY_POINT)).toBe(false);
      expect(group.multiply(IDENTITY_POINT, seven)).toEqual(IDENTITY_POINT);
      expect(group.add(IDENTITY_POINT, group.base(seven))).toEqual(group.base(seven));
      expect(group.add(group.base(seven), group.base(bigintToScalar(-7n)))).toEqual(IDENTITY_POINT);
    }
  });
});

function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes.slice().reverse())}`);
}

function isElementOfCurves(bytes: Uint8Array): boolean {
  try {
    const point = Curve.fromBytes(bytes, false);
    return !point.is0() && point.isTorsionFree();
  } catch {
    return false;
  }
}
