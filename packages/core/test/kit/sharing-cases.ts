// Owns: the sharing vectors as cases that any engine of the group is held against.
import { readFileSync } from 'node:fs';
import {
  combineDealings,
  combineShares,
  deal,
  fromHex,
  type Group,
  isShareOf,
  redealingRefusal,
  toHex,
} from '../../src/index.ts';
import type { ArithmeticVector, SharingVectors } from './vectors/sharing.ts';

export interface SharingCase {
  readonly name: string;
  readonly run: () => unknown;
  readonly expected: unknown;
}

const FILE = new URL('../vectors/custody/sharing.json', import.meta.url);

export function sharingCases(group: Group): SharingCase[] {
  const vectors = JSON.parse(readFileSync(FILE, 'utf8')) as SharingVectors;
  return [
    ...vectors.elements.map(({ name, point, valid, reason }) => ({
      name: `element: ${valid}: ${name} (${reason})`,
      run: () => group.isElement(fromHex(point)),
      expected: valid,
    })),
    ...vectors.arithmetic.map((vector) => ({
      name: `${vector.operation}: ${vector.name}${vector.result === null ? ': refused' : ''}`,
      run: () => resultOf(group, vector),
      expected: vector.result,
    })),
    ...vectors.dealings.map(({ name, secret, coefficients, points, shares }) => ({
      name: `deal: ${name}`,
      run: () => {
        const dealt = deal(group, fromHex(secret), coefficients.map(fromHex), shares.length);
        return { points: dealt.points.map(toHex), shares: dealt.shares.map(toHex) };
      },
      expected: { points, shares },
    })),
    ...vectors.dealings.map(({ name, secret, points, shares }) => ({
      name: `combine the last ${points.length} shares: ${name}`,
      run: () =>
        toHex(
          combineShares(
            shares.map((share, at) => ({ index: at + 1, share: fromHex(share) })).slice(-points.length),
          ),
        ),
      expected: secret,
    })),
    ...vectors.shares.map(({ name, points, index, share, valid }) => ({
      name: `share: ${valid}: ${name}`,
      run: () => isShareOf(group, points.map(fromHex), index, fromHex(share)),
      expected: valid,
    })),
    ...vectors.redealings.map(({ name, oldPoints, dealer, points, threshold, refusal }) => ({
      name: `redealing: ${name} (${refusal ?? 'taken'})`,
      run: () =>
        redealingRefusal(group, oldPoints.map(fromHex), dealer, points.map(fromHex), threshold) ?? null,
      expected: refusal,
    })),
    ...vectors.combinations.map(({ name, parts, combined }) => ({
      name: `combine dealings: ${name}`,
      run: () => {
        const result = combineDealings(
          group,
          parts.map(({ weightIndex, points, share }) => ({
            weightIndex,
            points: points.map(fromHex),
            share: fromHex(share),
          })),
        );
        return result === undefined ? null : { points: result.points.map(toHex), share: toHex(result.share) };
      },
      expected: combined,
    })),
  ];
}

function resultOf(group: Group, vector: ArithmeticVector): string | null {
  const [first = new Uint8Array(0), second = new Uint8Array(0)] = vector.arguments.map(fromHex);
  try {
    if (vector.operation === 'base') return toHex(group.base(first));
    return toHex(group[vector.operation](first, second));
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('invariant: ')) return null;
    throw error;
  }
}
