// Owns: the HTTP server without its routes: bounds on connections and requests, who may ask (Host, rate), the form of
// every refusal. Does not own: what the routes answer.
import { isIP, type Socket } from 'node:net';
import { ConsiliumError } from '@consilium/core';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
  fastify,
  type RawReplyDefaultExpression,
  type RawRequestDefaultExpression,
  type RawServerDefault,
} from 'fastify';
import type { TakeTokens } from '../doorstep/rate-limit.ts';
import { boundArrivals, type HttpArrivalBounds } from '../http/arrivals.ts';
import { boundConnections } from '../http/connections.ts';
import type { Report } from '../ports.ts';
import {
  BODY_BYTES_MAX,
  CONNECTIONS_CHECK_MS,
  CONNECTIONS_MAX,
  CONNECTIONS_PER_CLIENT_MAX,
  COST_REFUSED,
  HEADER_BYTES_MAX,
  KEEP_ALIVE_MS,
  KNOWN_CLIENT_CONNECTIONS_BURST,
  KNOWN_CLIENT_CONNECTIONS_PER_SECOND,
  NEWCOMER_REFUSAL_COST,
  NEWCOMERS_BURST,
  NEWCOMERS_PER_SECOND,
  REQUEST_HEADERS_MS_MAX,
  REQUEST_MS_MAX,
  URL_PARAM_LENGTH_MAX,
} from './limits.ts';
import { ApiRefusal, PROBLEM_MEDIA_TYPE, problemOf } from './problems.ts';
import { refusalOf, sendRefusal } from './refusals.ts';
import { ANONYMOUS, admit, type Caller, type Credentials, type Gate, type Role } from './roles.ts';
import { lazySerializers } from './serialization.ts';
import { bounded, certificateOf, type TlsOptions } from './tls.ts';
import { compileValidator } from './validation.ts';

export type ApiServer = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a request of this route costs in the measure of the rate limit; 1 when not given. */
    cost?: number;
    /** Who may use this route. One that does not say is the operator's. */
    role?: Role;
  }

  interface FastifyRequest {
    /** Who asks, once it is let in. */
    caller: Caller | undefined;
  }
}

interface HttpBounds {
  readonly maxHeaderSize: number;
  readonly headersTimeout: number;
  readonly connectionsCheckingInterval: number;
}

export interface ServerDeps {
  readonly report: Report;
  readonly takeTokens: TakeTokens;
  readonly isStopping: () => boolean;
  readonly gate: Gate;
}

export interface ServerOptions {
  /** Host names (without port) by which clients call this node, beside IP addresses and localhost. */
  readonly hosts: readonly string[];
  readonly connectionsMax?: number;
  readonly connectionsPerClientMax?: number;
  readonly arrivals?: HttpArrivalBounds;
  /** Without it: plain HTTP. */
  readonly tls?: TlsOptions;
}

const ARRIVALS: HttpArrivalBounds = {
  refusalCost: NEWCOMER_REFUSAL_COST,
  newcomers: { perSecond: NEWCOMERS_PER_SECOND, burst: NEWCOMERS_BURST },
  known: { perSecond: KNOWN_CLIENT_CONNECTIONS_PER_SECOND, burst: KNOWN_CLIENT_CONNECTIONS_BURST },
};

export function createServer(deps: ServerDeps, options: ServerOptions): ApiServer {
  const bounds = {
    maxHeaderSize: HEADER_BYTES_MAX,
    headersTimeout: REQUEST_HEADERS_MS_MAX,
    connectionsCheckingInterval: CONNECTIONS_CHECK_MS,
  };
  const common = {
    logger: false,
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_MS_MAX,
    keepAliveTimeout: KEEP_ALIVE_MS,
    routerOptions: { maxParamLength: URL_PARAM_LENGTH_MAX },
    exposeHeadRoutes: false,
    return503OnClosing: false,
    schemaController: { compilersFactory: { buildSerializer: lazySerializers } },
    forceCloseConnections: 'idle',
    frameworkErrors: (error, _request, reply) => sendRefusal(reply as FastifyReply, refusalOf(error)),
    clientErrorHandler: answerUnreadable,
  } as const satisfies FastifyServerOptions;
  const server = listening(common, bounds, options.tls);
  boundConnections(server.server, {
    connectionsMax: options.connectionsMax ?? CONNECTIONS_MAX,
    perClientMax: options.connectionsPerClientMax ?? CONNECTIONS_PER_CLIENT_MAX,
  });
  boundArrivals(server.server, options.arrivals ?? ARRIVALS);
  server.setValidatorCompiler(compileValidator);
  server.removeContentTypeParser('text/plain');
  server.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });
  server.addHook('onRequest', async (request, reply) => {
    reply.header('x-content-type-options', 'nosniff').header('cache-control', 'no-store');
    if (deps.isStopping()) throw new ApiRefusal('API_STOPPING');
    if (!isServedHost(request, options.hosts)) throw new ApiRefusal('HOST_REFUSED');
    if (!request.is404) request.caller = letIn(deps, request);
    chargeRequest(deps.takeTokens, request, request.routeOptions.config.cost ?? 1);
  });
  server.addHook('onSend', async (_request, reply) => {
    // A stop waits for open connections: the last answer of each ends it.
    if (deps.isStopping()) reply.header('connection', 'close');
  });
  server.setErrorHandler((error, request, reply) => {
    const refusal = refusalOf(error);
    if (problemOf(refusal).status === 500) deps.report(failure(request, error, refusal));
    return sendRefusal(reply, refusal);
  });
  server.setNotFoundHandler((_request, reply) => sendRefusal(reply, new ConsiliumError('ROUTE_NOT_FOUND')));
  return server;
}

/** Fastify types a server with TLS as another one; what routes see of it is the same. */
function listening(common: FastifyServerOptions, bounds: HttpBounds, tls: TlsOptions | undefined): ApiServer {
  const server =
    tls === undefined
      ? fastify({ ...common, http: bounds })
      : (fastify({
          ...common,
          https: { ...bounds, ...bounded(tls) },
        } as FastifyServerOptions) as FastifyInstance);
  return server.withTypeProvider<TypeBoxTypeProvider>();
}

/** Throws what `admit` throws. A guess costs as much as many reads: nobody tries many. */
function letIn({ gate, takeTokens }: ServerDeps, request: FastifyRequest): Caller {
  try {
    return admit(gate, credentialsOf(request), request.routeOptions.config.role ?? 'operator');
  } catch (error) {
    chargeRequest(takeTokens, request, COST_REFUSED);
    throw error;
  }
}

function credentialsOf({ headers, raw, ip }: FastifyRequest): Credentials {
  return { authorization: headers.authorization, certificate: certificateOf(raw.socket), address: ip };
}

/** Throws `RATE_LIMITED` when this client has used up what it may ask for. */
export function chargeRequest(takeTokens: TakeTokens, request: FastifyRequest, cost: number): void {
  const { caller, ip } = request;
  // Behind a proxy all have one address; who has a token has a measure of its own.
  const isNamed = caller !== undefined && caller.name !== ANONYMOUS;
  const waitMs = takeTokens(isNamed ? `token ${caller.name}` : ip, cost);
  if (waitMs > 0) throw new ApiRefusal('RATE_LIMITED', { retryAfterMs: waitMs }, undefined, waitMs);
}

/**
 * A page in a browser can make any name of its own resolve to this machine (DNS rebinding) and would then read the
 * ledger from here. It cannot do so with an address, with localhost, or with a name that the operator gave.
 */
function isServedHost(request: FastifyRequest, hosts: readonly string[]): boolean {
  const name = hostName(request.headers.host ?? '');
  return name === 'localhost' || isIP(name) !== 0 || hosts.includes(name);
}

function hostName(hostHeader: string): string {
  const url = URL.parse(`http://${hostHeader}`);
  return (url?.hostname ?? '').replace(/^\[|\]$/g, '');
}

function failure(request: FastifyRequest, error: unknown, refusal: ConsiliumError): Parameters<Report>[0] {
  // The message of a broken invariant is our own text; that of any other error could quote what a client sent.
  const message = error instanceof Error ? error.message : '';
  const cause = message.startsWith('invariant:')
    ? message
    : error instanceof Error
      ? error.name
      : typeof error;
  return {
    level: 'error',
    code: 'api.failed',
    error: refusal.code,
    cause,
    method: request.method,
    route: request.routeOptions.url ?? '',
    ...refusal.data,
  };
}

/** Bytes that are no HTTP request: refused in the same form, by hand, since there is no request to answer. */
function answerUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const refusal = new ConsiliumError('REQUEST_INVALID', { rule: error.code ?? 'http' });
  const body = JSON.stringify(problemOf(refusal));
  const head = `HTTP/1.1 400 Bad Request\r\ncontent-type: ${PROBLEM_MEDIA_TYPE}\r\ncontent-length: ${body.length}`;
  socket.end(`${head}\r\nconnection: close\r\n\r\n${body}`);
}
