// Owns: how much one peer may ask of this node over time (token bucket).
import type { Clock } from '../ports.ts';

export interface RateBound {
  /** Takes `cost` tokens; false, and nothing taken, when there are not so many. */
  take(peer: string, cost: number): boolean;
  /** Takes `cost` tokens, if need be below zero: for what was found to be bad only afterwards. */
  charge(peer: string, cost: number): void;
}

interface Bucket {
  tokens: number;
  filledMs: number;
}

export function createRateBound(clock: Clock, perSecond: number, burst: number): RateBound {
  const buckets = new Map<string, Bucket>();

  const bucketOf = (peer: string): Bucket => {
    const nowMs = clock.monotonicMs();
    const bucket = buckets.get(peer) ?? { tokens: burst, filledMs: nowMs };
    const refill = ((nowMs - bucket.filledMs) * perSecond) / 1_000;
    bucket.tokens = Math.min(burst, bucket.tokens + refill);
    bucket.filledMs = nowMs;
    buckets.set(peer, bucket);
    return bucket;
  };

  return {
    take: (peer, cost) => {
      const bucket = bucketOf(peer);
      if (bucket.tokens < cost) return false;
      bucket.tokens -= cost;
      return true;
    },
    charge: (peer, cost) => {
      bucketOf(peer).tokens -= cost;
    },
  };
}
