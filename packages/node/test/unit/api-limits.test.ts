import { once } from 'node:events';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Problem } from '../../src/api/problems.ts';
import { createRateLimit } from '../../src/doorstep/rate-limit.ts';
import {
  type ApiHarness,
  type HarnessOptions,
  problem,
  refusalOf,
  startApi,
} from '../support/api-harness.ts';
import { createManualClock } from '../support/fakes.ts';

let h: ApiHarness;
const started: ApiHarness[] = [];

async function start(options: HarnessOptions): Promise<void> {
  h = await startApi(options);
  started.push(h);
}

/** Bytes on a bare connection, and all that comes back until it is closed. */
async function exchange(url: string, bytes: string): Promise<string> {
  const socket = openSocket(url);
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  socket.write(bytes);
  await closed(socket);
  return text;
}

function openSocket(url: string): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  return socket;
}

/** Settles when the connection is gone, in order or by a reset. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

async function statusWithHost(url: string, host: string): Promise<number | undefined> {
  const [response] = (await once(httpGet(url, { headers: { host }, agent: false }), 'response')) as [
    IncomingMessage,
  ];
  response.resume();
  return response.statusCode;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map(({ api }) => api.stop()));
});

describe('bounds of the API', () => {
  it('a client that asks too often is told when to come back, and can', async () => {
    const clock = createManualClock();
    await start({ clock, limits: { rate: { perSecond: 1, burst: 3 } } });
    for (let count = 0; count < 3; count += 1) expect((await h.get('/v1/status')).status).toBe(200);
    const refused = await h.get<Problem>('/v1/status');
    expect(refusalOf(refused)).toEqual(problem(429, 'RATE_LIMITED'));
    expect(refused.headers.get('retry-after')).toBe('1');
    clock.advance(1_000);
    expect((await h.get('/v1/status')).status).toBe(200);
    expect((await h.get('/v1/status')).status).toBe(429);
  });

  it('who has a token has a measure of its own, whatever else comes from its address', async () => {
    await start({ clock: createManualClock(), limits: { rate: { perSecond: 1, burst: 2 } } });
    const asReader = { authorization: 'Bearer reader' };
    for (let count = 0; count < 2; count += 1) expect((await h.get('/v1/status')).status).toBe(200);
    expect((await h.get('/v1/status')).status).toBe(429);
    for (let count = 0; count < 2; count += 1) expect((await h.get('/v1/status', asReader)).status).toBe(200);
    expect((await h.get('/v1/status', asReader)).status).toBe(429);
  });

  it('tokens cannot be guessed for long, and none is written down', async () => {
    await start({ clock: createManualClock(), limits: { rate: { perSecond: 1, burst: 64 } } });
    const guess = async (n: number) =>
      (await h.get<Problem>('/v1/status', { authorization: `Bearer guess-${n}` })).body.code;
    const codes = await Promise.all([1, 2, 3, 4, 5].map(guess));
    expect(codes.filter((code) => code === 'API_TOKEN_INVALID')).toHaveLength(4);
    expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(1);
    expect(JSON.stringify(h.log.events)).not.toContain('guess');
  });

  it('a large question costs more than a small one', async () => {
    await start({ clock: createManualClock(), limits: { rate: { perSecond: 1, burst: 64 } } });
    h.chain.commit();
    const keys = Array.from({ length: 252 }, () => ({ table: 1, key: '00' }));
    expect((await h.post('/v1/state', { keys })).status).toBe(200);
    expect((await h.get('/v1/status')).status).toBe(429);
  });

  it('routes that do not exist count as well', async () => {
    await start({ clock: createManualClock(), limits: { rate: { perSecond: 1, burst: 1 } } });
    expect((await h.get('/nowhere')).status).toBe(404);
    expect((await h.get('/nowhere')).status).toBe(429);
  });

  it('one client at its bound does not keep another out, and the longest silent is forgotten first', () => {
    const take = createRateLimit(createManualClock(), { perSecond: 1, burst: 1 }, 2);
    expect(take('a', 1)).toBe(0);
    expect(take('a', 1)).toBe(1_000);
    expect(take('b', 1)).toBe(0);
    expect(take('c', 1)).toBe(0);
    expect(take('b', 1)).toBe(1_000);
    expect(take('a', 1)).toBe(0);
  });

  it('more than the bound of waiting requests are told that the node is busy', async () => {
    await start({ limits: { waitersMax: 1 } });
    const first = h.chain.nextTx();
    const inside = Promise.withResolvers<void>();
    h.door.onReceived = () => inside.resolve();
    const waiting = h.postBytes<{ state: string }>('/v1/tx?wait=committed', first.bytes);
    await inside.promise;
    const refused = await h.postBytes<Problem>('/v1/tx?wait=committed', h.chain.nextTx().bytes);
    expect(refusalOf(refused)).toEqual(problem(503, 'API_BUSY'));
    expect(refused.headers.get('retry-after')).toBe('2');
    h.chain.commit({ txs: [first.bytes] });
    expect((await waiting).body.state).toBe('committed');
    const next = h.chain.nextTx();
    h.door.onReceived = () => h.chain.commit({ txs: [next.bytes] });
    expect((await h.postBytes('/v1/tx?wait=committed', next.bytes)).status).toBe(200);
  });

  it('a client that goes away while it waits makes room', async () => {
    await start({ limits: { waitersMax: 1 } });
    const inside = Promise.withResolvers<void>();
    h.door.onReceived = () => inside.resolve();
    const socket = openSocket(h.url);
    socket.write(
      `POST /v1/tx?wait=committed HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n`,
    );
    socket.write('content-length: 11\r\n\r\n{"tx":"00"}');
    await inside.promise;
    socket.destroy();
    h.door.onReceived = (tx) => h.chain.commit({ txs: [tx] });
    await expect
      .poll(async () => (await h.postBytes('/v1/tx?wait=committed', h.chain.nextTx().bytes)).status)
      .toBe(200);
  });

  it.each([
    ['of all clients', { streamsMax: 1 }],
    ['of one client', { streamsPerClientMax: 1 }],
  ])('event streams over the bound %s are refused until one ends', async (_whose, limits) => {
    await start({ limits });
    const open = httpGet(`${h.url}/v1/events`, { agent: false });
    open.on('error', () => undefined);
    await once(open, 'response');
    expect(refusalOf(await h.get<Problem>('/v1/events'))).toEqual(problem(503, 'API_BUSY'));
    open.destroy();
    const opens = async (): Promise<number | undefined> => {
      const request = httpGet(`${h.url}/v1/events`, { agent: false });
      request.on('error', () => undefined);
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      request.destroy();
      return response.statusCode;
    };
    await expect.poll(opens).toBe(200);
  });

  it('over the bound of connections the one that has waited longest makes room', async () => {
    await start({ limits: { connectionsMax: 2 } });
    const [first, second] = [openSocket(h.url), openSocket(h.url)];
    await once(first, 'connect');
    await once(second, 'connect');
    const gone = closed(first);
    const answer = await exchange(h.url, 'GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    await gone;
    second.destroy();
    await closed(second);
  });

  it('no connection makes room while it is answered', async () => {
    await start({ limits: { connectionsMax: 2 } });
    const streams = [openSocket(h.url), openSocket(h.url)];
    for (const socket of streams) {
      socket.write('GET /v1/events HTTP/1.1\r\nhost: localhost\r\n\r\n');
      await once(socket, 'data');
    }
    expect(await exchange(h.url, 'GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')).toBe('');
    for (const socket of streams) socket.destroy();
    await Promise.all(streams.map(closed));
  });

  it('headers over the bound, and bytes that are no HTTP, are refused in the same form', async () => {
    await start({});
    const large = `GET / HTTP/1.1\r\nhost: localhost\r\nx-large: ${'a'.repeat(20_000)}\r\n\r\n`;
    for (const bytes of [large, 'these are no headers\r\n\r\n']) {
      const text = await exchange(h.url, bytes);
      expect(text).toMatch(/^HTTP\/1\.1 400 /);
      expect(text).toContain('content-type: application/problem+json');
      expect(JSON.parse(text.split('\r\n\r\n')[1] ?? '')).toMatchObject({ code: 'REQUEST_INVALID' });
    }
  });

  it('only addresses, localhost and names of the operator are served', async () => {
    await start({ hosts: ['ledger.linden.example'] });
    const url = `${h.url}/v1/status`;
    for (const host of ['localhost:1', '127.0.0.1', '[::1]:9', '10.1.2.3:80', 'ledger.linden.example'])
      expect(await statusWithHost(url, host)).toBe(200);
    for (const host of [
      'rebound.example',
      'localhost.rebound.example',
      'ledger.linden.example.evil.example',
      '@',
    ])
      expect(await statusWithHost(url, host)).toBe(403);
  });

  it('an answer names neither its software nor an origin that may read it', async () => {
    await start({});
    const { headers } = await h.get('/v1/status', { origin: 'https://elsewhere.example' });
    expect(headers.has('server')).toBe(false);
    expect(headers.has('x-powered-by')).toBe(false);
    expect(headers.has('access-control-allow-origin')).toBe(false);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('listens on loopback unless told otherwise', async () => {
    await start({});
    expect(new URL(h.url).hostname).toBe('127.0.0.1');
  });
});

describe('stopping', () => {
  it('who waits is told to ask elsewhere, and nobody is listening afterwards', async () => {
    await start({});
    const inside = Promise.withResolvers<void>();
    h.door.onReceived = () => inside.resolve();
    const waiting = h.postBytes<Problem>('/v1/tx?wait=committed', h.chain.nextTx().bytes);
    await inside.promise;
    await h.api.stop();
    expect(refusalOf(await waiting)).toEqual(problem(503, 'API_STOPPING'));
    await expect(fetch(h.url)).rejects.toThrow();
  });

  it('a connection that never ends its request is cut after the grace', async () => {
    const clock = createManualClock();
    await start({ clock });
    const socket = openSocket(h.url);
    socket.write('POST /v1/tx HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n{');
    await once(socket, 'connect');
    const cut = closed(socket);
    const stopped = h.api.stop();
    clock.advance(1_000);
    await Promise.all([stopped, cut]);
    expect(h.log.codes()).toContain('api.stopped');
  });

  it('a port that is taken is an error of start, and holds nothing', async () => {
    await start({});
    const port = Number(new URL(h.url).port);
    const refused = startApi({ port });
    await expect(refused).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
      data: { port, cause: 'EADDRINUSE' },
    });
  });
});
