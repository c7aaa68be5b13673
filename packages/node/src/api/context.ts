// Owns: what a route is given besides the server: narrow, and the same for all.
import type { FastifyRequest } from 'fastify';
import type { BlockSource, ChainReader } from '../queries/index.ts';
import type { ApiDeps } from './deps.ts';
import type { EventStreams } from './event-streams.ts';
import type { Waiters } from './waiters.ts';

export interface RouteContext {
  readonly deps: ApiDeps;
  readonly blocks: BlockSource;
  readonly waiters: Waiters;
  readonly streams: EventStreams;
  /** Takes what a large request costs beyond its route's own cost. Throws `RATE_LIMITED`. */
  readonly charge: (request: FastifyRequest, cost: number) => void;
}

/** Reads from one snapshot and gives it back, whatever happens. */
export async function withSnapshot<T>(
  context: RouteContext,
  read: (reader: ChainReader) => T | Promise<T>,
): Promise<T> {
  const snapshot = context.deps.snapshot();
  try {
    return await read(snapshot);
  } finally {
    snapshot.close();
  }
}
