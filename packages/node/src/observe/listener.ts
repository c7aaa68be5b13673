// Owns: the HTTP listener of metrics and health, apart from the API: a busy API must not hide that the node is well.
// Does not own: what it shows.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConsiliumError } from '@consilium/core';
import { errnoOf } from '../files/errors.ts';
import { boundArrivals } from '../http/arrivals.ts';
import { boundConnections } from '../http/connections.ts';
import {
  OBSERVE_CHECK_MS,
  OBSERVE_CONNECTIONS_MAX,
  OBSERVE_HEADER_BYTES_MAX,
  OBSERVE_KEEP_ALIVE_MS,
  OBSERVE_KNOWN_BURST,
  OBSERVE_KNOWN_PER_SECOND,
  OBSERVE_NEWCOMERS_BURST,
  OBSERVE_NEWCOMERS_PER_SECOND,
  OBSERVE_REQUEST_MS_MAX,
} from '../limits.ts';
import type { Report } from '../ports.ts';
import type { Metrics } from './metrics.ts';
import type { Readiness } from './readiness.ts';

export interface ListenerDeps {
  readonly metrics: Pick<Metrics, 'text' | 'contentType'>;
  readonly readiness: () => Readiness;
  readonly report: Report;
}

export interface ListenAddress {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

export interface Listener {
  /** Throws `LISTEN_FAILED` {host, port, errno}. Says where it listens. */
  start(): Promise<ListenAddress>;
  /** Closes every connection. */
  stop(): Promise<void>;
}

export function createListener(deps: ListenerDeps, { host, port }: ListenAddress): Listener {
  const server = createServer(
    {
      maxHeaderSize: OBSERVE_HEADER_BYTES_MAX,
      headersTimeout: OBSERVE_REQUEST_MS_MAX,
      requestTimeout: OBSERVE_REQUEST_MS_MAX,
      keepAliveTimeout: OBSERVE_KEEP_ALIVE_MS,
      connectionsCheckingInterval: OBSERVE_CHECK_MS,
    },
    (request, response) => {
      void answer(deps, request, response);
    },
  );
  boundConnections(server, {
    connectionsMax: OBSERVE_CONNECTIONS_MAX,
    perClientMax: OBSERVE_CONNECTIONS_MAX,
  });
  boundArrivals(server, {
    newcomers: { perSecond: OBSERVE_NEWCOMERS_PER_SECOND, burst: OBSERVE_NEWCOMERS_BURST },
    known: { perSecond: OBSERVE_KNOWN_PER_SECOND, burst: OBSERVE_KNOWN_BURST },
  });
  return {
    start: () => listen(server, host, port),
    stop: () => close(server),
  };
}

async function listen(server: Server, host: string, port: number): Promise<ListenAddress> {
  try {
    server.listen({ host, port });
    await once(server, 'listening');
  } catch (error) {
    throw new ConsiliumError('LISTEN_FAILED', { host, port, errno: errnoOf(error) });
  }
  const bound = server.address() as AddressInfo;
  return { host: bound.address, port: bound.port };
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const TEXT = 'text/plain; charset=utf-8';

async function answer(deps: ListenerDeps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, type, body } = refusalOf(request) ?? (await answerOrFault(deps, request));
  // A refused request may have a body behind it that nobody reads.
  if (status === 405 || status === 413) response.setHeader('connection', 'close');
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(request.method === 'HEAD' ? '' : body);
}

function refusalOf({ method, headers }: IncomingMessage): Answer | undefined {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, type: TEXT, body: 'only GET\n' };
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;
  return hasBody ? { status: 413, type: TEXT, body: 'no body is taken here\n' } : undefined;
}

/** A fault in what is shown is told and logged; it is no reason to end a validator. */
async function answerOrFault(deps: ListenerDeps, request: IncomingMessage): Promise<Answer> {
  try {
    return await answerOf(deps, request);
  } catch (error) {
    deps.report({ level: 'error', code: 'OBSERVE_FAILED', error: String(error) });
    return { status: 500, type: TEXT, body: 'failed, see the log\n' };
  }
}

async function answerOf({ metrics, readiness }: ListenerDeps, { url }: IncomingMessage): Promise<Answer> {
  const [path] = (url ?? '').split('?');
  if (path === '/metrics') return metricsAnswer(metrics);
  // That this line runs is the answer.
  if (path === '/livez') return { status: 200, type: TEXT, body: 'alive\n' };
  if (path === '/readyz') return readinessAnswer(readiness());
  return { status: 404, type: TEXT, body: '/metrics /livez /readyz\n' };
}

async function metricsAnswer({ text, contentType }: ListenerDeps['metrics']): Promise<Answer> {
  return { status: 200, type: contentType, body: await text() };
}

function readinessAnswer(readiness: Readiness): Answer {
  const body = `${JSON.stringify(readiness)}\n`;
  return { status: readiness.ready ? 200 : 503, type: 'application/json', body };
}
