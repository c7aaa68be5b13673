// A fake node of the SDK's tests, served over real HTTP, so that a command finds it as it finds any other.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FakeNode } from '../../../sdk/test/support/fake-node.ts';

export interface ServedNode extends AsyncDisposable {
  readonly url: string;
}

export async function serve(node: FakeNode): Promise<ServedNode> {
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const answer = await node.fetch(node.url + request.url, body === undefined ? {} : { body });
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => close(server) };
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
