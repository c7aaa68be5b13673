// Owns: how commands reach the supervisor: HTTP on this machine for whoever can read the token in devnet.json. Does not
// own: what a command does.
import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConsiliumError, isConsiliumError } from '@consilium/core';
import { CONTROL_BODY_BYTES_MAX } from '../limits.ts';
import { LOOPBACK } from '../network/ports.ts';
import { type Addition, NODE_COMMANDS, type Supervisor } from './types.ts';

export interface ControlServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * `GET /nodes` gives the standings; `POST /nodes/NAME/COMMAND`, `POST /nodes` (an addition) and `POST /stop` answer when
 * it is done. A refusal is `{ code, message, data }`.
 */
export async function startControlServer(supervisor: Supervisor, token: string): Promise<ControlServer> {
  const server = createServer((request, response) => {
    void answer(supervisor, token, request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, LOOPBACK, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${LOOPBACK}:${port}`,
    close: async () => {
      server.close();
      server.closeIdleConnections();
    },
  };
}

async function answer(
  supervisor: Supervisor,
  token: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('connection', 'close');
  if (!isAuthorised(request, token)) return send(response, 401, {});
  try {
    send(response, 200, await perform(supervisor, request));
  } catch (error) {
    const refusal = isConsiliumError(error) ? error : new ConsiliumError('INTERNAL_ERROR', {}, String(error));
    const { code, message, data } = refusal;
    send(response, 409, { code, message, data });
  }
}

async function perform(supervisor: Supervisor, request: IncomingMessage): Promise<object> {
  const path = (request.url ?? '').split('/').slice(1).map(decodeURIComponent);
  const [noun, name, verb] = path;
  if (request.method === 'GET' && noun === 'nodes') return { nodes: supervisor.standings() };
  if (request.method !== 'POST') throw new ConsiliumError('ROUTE_NOT_FOUND');
  if (noun === 'stop') await supervisor.stop();
  else if (noun === 'nodes' && name === undefined) await supervisor.add(await readAddition(request));
  else await runCommand(supervisor, name ?? '', verb ?? '');
  return { nodes: supervisor.standings() };
}

async function runCommand(supervisor: Supervisor, name: string, verb: string): Promise<void> {
  const command = NODE_COMMANDS.find((known) => known === verb);
  if (command === undefined) throw new ConsiliumError('ROUTE_NOT_FOUND');
  await supervisor.command(name, command);
}

async function readAddition(request: IncomingMessage): Promise<Addition> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > CONTROL_BODY_BYTES_MAX) throw new ConsiliumError('REQUEST_INVALID');
  }
  return JSON.parse(text) as Addition;
}

function isAuthorised(request: IncomingMessage, token: string): boolean {
  const given = new TextEncoder().encode(request.headers.authorization ?? '');
  const wanted = new TextEncoder().encode(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
