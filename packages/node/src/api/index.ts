// Owns: the HTTP API's lifetime: what is created, started and stopped in which order. Does not own: ports and addresses
// (configuration), metrics and probes (a listener of their own).
import { ConsiliumError } from '@consilium/core';
import { createRateLimit, type RateLimit } from '../doorstep/rate-limit.ts';
import type { HttpArrivalBounds } from '../http/arrivals.ts';
import type { Cancel } from '../ports.ts';
import { createBlockSource } from '../queries/index.ts';
import { noteActions } from './admin-actions.ts';
import type { RouteContext } from './context.ts';
import type { ApiDeps, Commit } from './deps.ts';
import { createEventStreams } from './event-streams.ts';
import {
  BLOCKS_CACHED_MAX,
  RATE_BURST,
  RATE_CLIENTS_MAX,
  RATE_PER_SECOND,
  STOP_GRACE_MS,
  STREAM_HEARTBEAT_MS,
  STREAM_STALL_MS_MAX,
  STREAMS_MAX,
  STREAMS_PER_CLIENT_MAX,
  WAITERS_MAX,
} from './limits.ts';
import { describeRoutes, openapiRoute } from './openapi.ts';
import type { Role } from './roles.ts';
import { registerRoutes } from './routes/index.ts';
import { type ApiServer, chargeRequest, createServer, type ServerOptions } from './server.ts';
import type { TlsOptions } from './tls.ts';
import { createWaiters } from './waiters.ts';

export * from './deps.ts';
export type { Problem } from './problems.ts';

/** Bounds that an operator or a test may set lower or higher than limits.ts. */
export interface ApiLimits {
  readonly rate?: RateLimit;
  readonly connectionsMax?: number;
  readonly connectionsPerClientMax?: number;
  readonly waitersMax?: number;
  readonly streamsMax?: number;
  readonly streamsPerClientMax?: number;
  readonly arrivals?: HttpArrivalBounds;
  readonly streamHeartbeatMs?: number;
  readonly streamStallMsMax?: number;
}

export interface ApiOptions {
  /** Address to listen on; loopback unless given. */
  readonly host?: string;
  /** 0: any free port. */
  readonly port: number;
  /** Host names by which clients call this node, beside IP addresses and localhost. */
  readonly hosts?: readonly string[];
  readonly limits?: ApiLimits;
  /** Without it: plain HTTP. */
  readonly tls?: TlsOptions;
}

export interface Api {
  /** Listens. Resolves to where; throws `LISTEN_FAILED` {host, port, cause} when the address is taken. */
  readonly start: () => Promise<{ readonly url: string }>;
  /** Every route with the role that it asks for. */
  readonly routes: () => readonly ServedRoute[];
  /** Ends streams, answers who waits with 503, and closes every connection, within two seconds. */
  readonly stop: () => Promise<void>;
}

export interface ServedRoute {
  readonly method: string;
  readonly url: string;
  readonly role: Role | undefined;
}

function serverOptions({ hosts = [], limits = {}, tls }: ApiOptions): ServerOptions {
  const { arrivals, connectionsMax, connectionsPerClientMax } = limits;
  return {
    hosts,
    ...(arrivals !== undefined && { arrivals }),
    ...(connectionsMax !== undefined && { connectionsMax }),
    ...(connectionsPerClientMax !== undefined && { connectionsPerClientMax }),
    ...(tls !== undefined && { tls }),
  };
}

/** To be called before the routes are registered: only later ones are listed. */
function listRoutes(server: ApiServer): readonly ServedRoute[] {
  const routes: ServedRoute[] = [];
  server.addHook('onRoute', ({ method, url, config }) => {
    routes.push({ method: String(method), url, role: config?.role });
  });
  return routes;
}

async function listen(server: ApiServer, { host = '127.0.0.1', port }: ApiOptions): Promise<string> {
  try {
    return await server.listen({ host, port });
  } catch (error) {
    const cause = error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
    throw new ConsiliumError('LISTEN_FAILED', { host, port, cause });
  }
}

export async function createApi(deps: ApiDeps, options: ApiOptions): Promise<Api> {
  const { clock, report } = deps;
  const limits = options.limits ?? {};
  const rate = limits.rate ?? { perSecond: RATE_PER_SECOND, burst: RATE_BURST };
  const takeTokens = createRateLimit(clock, rate, RATE_CLIENTS_MAX);
  const blocks = createBlockSource(BLOCKS_CACHED_MAX);
  const waiters = createWaiters(clock, limits.waitersMax ?? WAITERS_MAX);
  const streams = createEventStreams(
    { clock, report, snapshot: deps.snapshot, blocks },
    {
      streamsMax: limits.streamsMax ?? STREAMS_MAX,
      streamsPerClientMax: limits.streamsPerClientMax ?? STREAMS_PER_CLIENT_MAX,
      heartbeatMs: limits.streamHeartbeatMs ?? STREAM_HEARTBEAT_MS,
      stallMsMax: limits.streamStallMsMax ?? STREAM_STALL_MS_MAX,
    },
  );
  let stopping = false;
  const server = createServer(
    { report, takeTokens, isStopping: () => stopping, gate: deps.gate },
    serverOptions(options),
  );
  const context: RouteContext = {
    deps,
    blocks,
    waiters,
    streams,
    charge: (request, cost) => chargeRequest(takeTokens, request, cost),
  };
  const routes = listRoutes(server);
  noteActions(server, deps.adminLog);
  await describeRoutes(server);
  openapiRoute(server);
  registerRoutes(server, context);

  let unsubscribe: Cancel = () => undefined;
  const onCommit = (commit: Commit): void => {
    waiters.onCommit(commit);
    streams.onCommit(commit);
  };
  return {
    routes: () => routes,
    start: async () => {
      // Before the first request: it may wait for a commit.
      unsubscribe = deps.onCommit(onCommit);
      streams.start();
      const url = await listen(server, options).catch((error: unknown) => {
        unsubscribe();
        streams.stop();
        throw error;
      });
      report({ level: 'info', code: 'api.started', url });
      return { url };
    },
    stop: async () => {
      stopping = true;
      unsubscribe();
      waiters.stop();
      streams.stop();
      const cancelCut = clock.after(STOP_GRACE_MS, () => server.server.closeAllConnections());
      await server.close();
      cancelCut();
      report({ level: 'info', code: 'api.stopped' });
    },
  };
}
