import { describe, expect, it } from 'vitest';
import { backoffMs, DecayingScore, TokenBucket } from '../../../src/net/meters.ts';

describe('a token bucket', () => {
  it('allows its burst at once and then its rate', () => {
    const bucket = new TokenBucket(10, 100, 0);
    expect(bucket.take(100, 0)).toBe(0);
    expect(bucket.take(5, 0)).toBe(500);
    expect(bucket.take(5, 1000)).toBe(0);
  });

  it('never holds more than its burst, however long nothing was taken', () => {
    const bucket = new TokenBucket(10, 100, 0);
    expect(bucket.take(101, 1_000_000)).toBe(100);
  });
});

describe('a decaying score', () => {
  it('forgives half in each half-life', () => {
    const score = new DecayingScore(1000);
    score.add(8, 0);
    expect(score.add(0, 1000)).toBe(4);
    expect(score.add(1, 2000)).toBe(3);
  });
});

describe('the redial delay', () => {
  it('doubles from its least to its greatest, and the draw only shortens it', () => {
    const bounds = { min: 500, max: 30_000, jitter: 0.3 };
    expect([0, 1, 2, 6, 1000].map((failures) => backoffMs(failures, bounds, 0))).toEqual([
      500, 1000, 2000, 30_000, 30_000,
    ]);
    expect(backoffMs(0, bounds, 0.999_999)).toBe(350);
  });
});
