// A fake node of the SDK's tests, served over real HTTP, so that a command finds it as it finds any other.
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TlsOptions } from 'node:tls';
import type { FakeNode } from '../../../sdk/test/support/fake-node.ts';

export interface ServedNode extends AsyncDisposable {
  readonly url: string;
}

export async function serve(node: FakeNode, tls?: TlsOptions): Promise<ServedNode> {
  const answer = answering(node);
  const server = tls === undefined ? createServer(answer) : createTlsServer(tls, answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  return { url, [Symbol.asyncDispose]: () => close(server) };
}

function answering(node: FakeNode): RequestListener {
  return async (request, response) => {
    const body = await bodyOf(request);
    const answer = await answerOf(node, request.url ?? '', body);
    if (answer === undefined) {
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(Buffer.from(await answer.arrayBuffer()));
  };
}

/** undefined: the node is down. */
async function answerOf(
  node: FakeNode,
  path: string,
  body: Awaited<ReturnType<typeof bodyOf>>,
): Promise<Response | undefined> {
  try {
    return await node.fetch(node.url + path, body === undefined ? {} : { body });
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array<ArrayBuffer> | string | undefined> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  if (bytes.length === 0) return undefined;
  return request.headers['content-type'] === 'application/json' ? bytes.toString() : new Uint8Array(bytes);
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
