// Owns: one bounded HTTP request to one node, and turning whatever comes back into a value or a coded error. Does not
// own: whether the answer is true (client/), or which node is asked (client/session.ts).
import { ConsiliumError, concat, ERRORS, type ErrorCode, type ErrorData } from '@consilium/core';
import { ANSWER_BYTES_MAX, REQUEST_TIMEOUT_MS } from '../limits.ts';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface NodeRequest {
  /** From the first slash, query included. */
  readonly path: string;
  /** Bytes go out as octets, anything else as JSON; without a body the request is a GET. */
  readonly body?: unknown;
  readonly timeoutMs?: number;
  /** What the node answers with when it does not refuse: JSON by default, or bytes as they are. */
  readonly answer?: 'json' | 'octets';
}

/**
 * Asks one node: gives the parsed JSON, or a `Uint8Array` where octets were asked for. Throws `NODE_UNREACHABLE`,
 * `NODE_ANSWER_INVALID`, or the code of the node's own refusal.
 */
export type AskNode = (node: string, request: NodeRequest) => Promise<unknown>;

export function createAskNode(fetch: Fetch): AskNode {
  return async (node, request) => {
    const aborter = new AbortController();
    const timer = setTimeout(() => aborter.abort(), request.timeoutMs ?? REQUEST_TIMEOUT_MS);
    try {
      const response = await fetch(node + request.path, requestInit(request.body, aborter.signal));
      return answerOf(response, await boundedBytes(response, node), node, request.answer ?? 'json');
    } catch (error) {
      if (error instanceof ConsiliumError) throw error;
      throw unreachable(node, aborter.signal.aborted ? 'timeout' : connectionFault(error));
    } finally {
      clearTimeout(timer);
    }
  };
}

/** The base of a node's API as given by a person: http or https, without a trailing slash. Throws `VALUE_INVALID`. */
export function nodeUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url === undefined ||
    !['http:', 'https:'].includes(url.protocol) ||
    url.search !== '' ||
    url.hash !== ''
  )
    throw new ConsiliumError('VALUE_INVALID', { field: 'node', form: 'http://HOST:PORT' });
  return url.href.replace(/\/+$/, '');
}

export function unreachable(node: string, reason: string): ConsiliumError {
  return new ConsiliumError('NODE_UNREACHABLE', { node, reason });
}

export function invalidAnswer(node: string, reason: string): ConsiliumError {
  return new ConsiliumError('NODE_ANSWER_INVALID', { node, reason });
}

const NEVER_CONNECTED = ['ECONNREFUSED', 'EAI_AGAIN', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH'];

/** `refused`: no connection came about, so nothing was sent. Browsers do not say, and then it may have been. */
function connectionFault(error: unknown): 'refused' | 'connection' {
  const cause = error instanceof Error ? fieldOf(error.cause, 'code') : undefined;
  return typeof cause === 'string' && NEVER_CONNECTED.includes(cause) ? 'refused' : 'connection';
}

function requestInit(body: unknown, signal: AbortSignal): RequestInit {
  const headers: Record<string, string> = { accept: 'application/json, application/problem+json' };
  if (body === undefined) return { method: 'GET', headers, signal, redirect: 'error' };
  const octets = body instanceof Uint8Array;
  headers['content-type'] = octets ? 'application/octet-stream' : 'application/json';
  return {
    method: 'POST',
    headers,
    signal,
    redirect: 'error',
    body: octets ? body.slice() : JSON.stringify(body),
  };
}

async function boundedBytes(response: Response, node: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) throw invalidAnswer(node, 'too large');
    chunks.push(chunk);
  }
  return concat(...chunks);
}

function answerOf(response: Response, body: Uint8Array, node: string, answer: 'json' | 'octets'): unknown {
  if (response.ok && answer === 'octets') return body;
  const value = parseJson(body);
  if (!response.ok) throw problemOf(value, response.status, node);
  if (value === undefined) throw invalidAnswer(node, 'not JSON');
  return value;
}

/** The refusal's own words stay behind: they come from a stranger and could hold anything. The code decides. */
export function problemOf(value: unknown, status: number, node: string): ConsiliumError {
  const code = fieldOf(value, 'code');
  if (typeof code !== 'string' || !Object.hasOwn(ERRORS, code))
    return invalidAnswer(node, `status ${status}`);
  return new ConsiliumError(code as ErrorCode, plainFacts(fieldOf(value, 'data')));
}

function plainFacts(data: unknown): ErrorData {
  if (typeof data !== 'object' || data === null) return {};
  const isPlain = ([, value]: [string, unknown]): boolean =>
    ['string', 'number', 'boolean'].includes(typeof value);
  return Object.fromEntries(Object.entries(data).filter(isPlain));
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}
