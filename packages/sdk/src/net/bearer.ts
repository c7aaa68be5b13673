// Owns: a token on every request, and that it never crosses a network in the clear. Does not own: where it comes from.
import { ConsiliumError } from '@consilium/core';
import type { Fetch } from './transport.ts';

/** Throws `TOKEN_IN_CLEAR` {node} when a request would leave this machine without TLS. */
export function withToken(fetch: Fetch, token: string): Fetch {
  return (url, init) => {
    const { protocol, hostname, host } = new URL(url);
    if (protocol !== 'https:' && !isThisMachine(hostname))
      throw new ConsiliumError('TOKEN_IN_CLEAR', { node: `${protocol}//${host}` });
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${token}`);
    return fetch(url, { ...init, headers });
  };
}

function isThisMachine(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
