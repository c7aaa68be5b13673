// Owns: requests over TLS with an authority, a client certificate or a known certificate of the caller's own, which `fetch`
// cannot be given. Does not own: what is asked (net/transport.ts).
import { once } from 'node:events';
import { type IncomingMessage, request as plainRequest } from 'node:http';
import { Agent, request as secureRequest } from 'node:https';
import { Readable } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import { ConsiliumError } from '@consilium/core';
import type { Fetch } from '../net/transport.ts';

/** PEM each. */
export interface SecureOptions {
  /** Authority that nodes' certificates are of, instead of those of the system. */
  readonly ca?: string;
  /** Shown to the node. */
  readonly cert?: string;
  readonly key?: string;
  /** The very certificate that the node must show, whoever signed it: SHA-256 in hex. */
  readonly pinned?: string;
}

/** As `fetch`, for bodies of text and bytes; connections are kept unless a certificate is pinned. */
export function createSecureFetch({ ca, cert, key, pinned }: SecureOptions): Fetch {
  const shown = { ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) };
  const agent = new Agent({ keepAlive: true, maxSockets: 32, ...shown, ...(ca !== undefined && { ca }) });
  return async (target, init) => {
    const url = new URL(target);
    if (url.protocol !== 'https:') return globalThis.fetch(target, init);
    const common = {
      method: init.method ?? 'GET',
      headers: Object.fromEntries(new Headers(init.headers)),
      ...(init.signal && { signal: init.signal }),
    };
    const request =
      pinned === undefined
        ? secureRequest(url, { ...common, agent })
        : await pinnedRequest(url, common, { ...shown, pinned });
    request.end(init.body as string | Uint8Array | undefined);
    const [message] = (await once(request, 'response')) as [IncomingMessage];
    return responseOf(message);
  };
}

type Common = Parameters<typeof plainRequest>[1];

/** The certificate is looked at before a byte of the request goes out. */
async function pinnedRequest(
  url: URL,
  common: Common & { readonly signal?: AbortSignal },
  { pinned, ...shown }: { readonly pinned: string; readonly cert?: string; readonly key?: string },
): Promise<ReturnType<typeof plainRequest>> {
  const { hostname, port } = url;
  const host = hostname.replace(/^\[|\]$/g, '');
  const socket = connect({ host, port: Number(port || 443), rejectUnauthorized: false, ...shown });
  try {
    await once(socket, 'secureConnect', common.signal === undefined ? {} : { signal: common.signal });
    checkPinned(socket, pinned, url);
  } catch (error) {
    socket.destroy();
    throw error;
  }
  const asPlain = new URL(url.href.replace(/^https:/, 'http:'));
  return plainRequest(asPlain, { ...common, createConnection: () => socket });
}

function checkPinned(socket: TLSSocket, pinned: string, url: URL): void {
  const shown = socket.getPeerX509Certificate()?.fingerprint256.replaceAll(':', '').toLowerCase();
  if (shown !== pinned)
    throw new ConsiliumError('NODE_ANSWER_INVALID', { node: url.origin, reason: 'another certificate' });
}

const BODILESS: readonly number[] = [204, 205, 304];

function responseOf(message: IncomingMessage): Response {
  const { statusCode: status = 502, headers } = message;
  const flat = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  );
  const body = BODILESS.includes(status) ? null : (Readable.toWeb(message) as ReadableStream<Uint8Array>);
  return new Response(body, { status, headers: flat });
}
