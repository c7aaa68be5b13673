// Owns: how much one client address may ask for: a token bucket each. Does not own: what a request costs (the routes).
import type { Clock } from '../ports.ts';

export interface RateLimit {
  readonly perSecond: number;
  readonly burst: number;
}

/** Milliseconds to wait before this cost fits; 0 when it was taken. */
export type TakeTokens = (client: string, cost: number) => number;

interface Bucket {
  tokens: number;
  atMs: number;
}

/** A cost over the burst is taken when the bucket is full: no request is impossible for ever. */
export function createRateLimit(
  clock: Pick<Clock, 'monotonicMs'>,
  limit: RateLimit,
  clientsMax: number,
): TakeTokens {
  const buckets = new Map<string, Bucket>();
  return (client, cost) => {
    const nowMs = clock.monotonicMs();
    const bucket = refilled(buckets.get(client), limit, nowMs);
    touch(buckets, client, bucket, clientsMax);
    const needed = Math.min(cost, limit.burst);
    if (bucket.tokens < needed) return Math.ceil(((needed - bucket.tokens) * 1000) / limit.perSecond);
    bucket.tokens -= needed;
    return 0;
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
