// An HTTP server before a real node that changes its answers on the way: the node that a client has come to is not the
// one that it took it for.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

// biome-ignore lint/suspicious/noExplicitAny: a lie may reach into any place of an answer
export type Answer = any;
/** Changes what the node answered under a path. */
export type Lie = (path: string, answer: Answer) => void;

export interface LyingProxy extends AsyncDisposable {
  readonly url: string;
  lie: Lie;
}

export async function createLyingProxy(target: string): Promise<LyingProxy> {
  const proxy = { url: '', lie: (() => undefined) as Lie };
  const server = createServer((request, response) => {
    void pass(target, proxy, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(proxy, {
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

async function pass(
  target: string,
  { lie }: { readonly lie: Lie },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = 'GET', url = '/', headers } = request;
  const body = await request.toArray();
  const answered = await fetch(`${target}${url}`, {
    method,
    ...(body.length === 0 ? {} : { body: Buffer.concat(body) }),
    headers: { 'content-type': headers['content-type'] ?? 'application/json' },
  });
  const answer: Answer = await answered.json();
  lie(url, answer);
  response.writeHead(answered.status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(answer));
}
