// Owns: how much one client address may ask for: a token bucket each. Does not own: what a request costs (the routes).
import type { Clock } from '../ports.ts';

export interface RateLimit {
  readonly perSecond: number;
  readonly burst: number;
}

/** Milliseconds to wait before this cost fits; 0 when it was taken. */
export type TakeTokens = (client: string, cost: number) => number;

export interface Meter {
  readonly take: TakeTokens;
  /** Takes it, if need be below zero: for what turned out only afterwards. */
  readonly charge: (client: string, cost: number) => void;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

export function createRateLimit(
  clock: Pick<Clock, 'monotonicMs'>,
  limit: RateLimit,
  clientsMax: number,
): TakeTokens {
  return createMeter(clock, limit, clientsMax).take;
}

/** A cost over the burst is taken when the bucket is full: no request is impossible for ever. */
export function createMeter(clock: Pick<Clock, 'monotonicMs'>, limit: RateLimit, clientsMax: number): Meter {
  const buckets = new Map<string, Bucket>();
  const bucketOf = (client: string): Bucket => {
    const bucket = refilled(buckets.get(client), limit, clock.monotonicMs());
    touch(buckets, client, bucket, clientsMax);
    return bucket;
  };
  return {
    take: (client, cost) => {
      const bucket = bucketOf(client);
      const needed = Math.min(cost, limit.burst);
      if (bucket.tokens < needed) return Math.ceil(((needed - bucket.tokens) * 1000) / limit.perSecond);
      bucket.tokens -= needed;
      return 0;
    },
    charge: (client, cost) => {
      bucketOf(client).tokens -= cost;
    },
  };
}

function refilled(bucket: Bucket | undefined, limit: RateLimit, nowMs: number): Bucket {
  if (bucket === undefined) return { tokens: limit.burst, atMs: nowMs };
  const gained = ((nowMs - bucket.atMs) * limit.perSecond) / 1000;
  return { tokens: Math.min(limit.burst, bucket.tokens + gained), atMs: nowMs };
}

/** Keeps the map in the order of last use, so that the client silent for longest is the first to be forgotten. */
function touch(buckets: Map<string, Bucket>, client: string, bucket: Bucket, clientsMax: number): void {
  buckets.delete(client);
  buckets.set(client, bucket);
  const [oldest] = buckets.keys();
  if (buckets.size > clientsMax && oldest !== undefined) buckets.delete(oldest);
}
