import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createListener, type ListenerDeps } from '../../../src/observe/listener.ts';
import type { ReportedEvent } from '../../../src/ports.ts';
import { refusalOf } from '../support/refusals.ts';

const DEPS: ListenerDeps = {
  metrics: { text: async () => 'consilium_height 7\n', contentType: 'text/plain; version=0.0.4' },
  readiness: () => ({ ready: true, reasons: [] }),
  report: () => {},
};

async function started(deps: Partial<ListenerDeps> = {}) {
  const listener = createListener({ ...DEPS, ...deps }, { host: '127.0.0.1', port: 0 });
  const address = await listener.start();
  onTestFinished(() => listener.stop());
  return { listener, address, url: `http://127.0.0.1:${address.port}` };
}

/** Everything that comes back until the other side closes. */
async function rawExchange(port: number, sent: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    received += text;
  });
  // The other side may reset a connection whose body it did not read.
  socket.on('error', () => {});
  socket.write(sent);
  await once(socket, 'close');
  return received;
}

describe('the listener of metrics and health', () => {
  test('serves metrics, and says alive', async () => {
    const { url } = await started();
    const metrics = await fetch(`${url}/metrics?x=1`);
    expect([metrics.status, metrics.headers.get('content-type'), await metrics.text()]).toEqual([
      200,
      'text/plain; version=0.0.4',
      'consilium_height 7\n',
    ]);
    const livez = await fetch(`${url}/livez`);
    expect([livez.status, await livez.text()]).toEqual([200, 'alive\n']);
  });

  test('answers readyz with 200 or 503 and the reasons', async () => {
    let reasons: { code: 'NOT_SYNCED'; text: string }[] = [];
    const { url } = await started({ readiness: () => ({ ready: reasons.length === 0, reasons }) });
    const ready = await fetch(`${url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([200, { ready: true, reasons: [] }]);
    reasons = [{ code: 'NOT_SYNCED', text: 'wait' }];
    const unready = await fetch(`${url}/readyz`);
    expect([unready.status, await unready.json()]).toEqual([503, { ready: false, reasons }]);
  });

  test('is alive whatever keeps the node from its part: that depends on peers, this on the loop alone', async () => {
    const stuck = { code: 'STUCK' as const, text: 'no block' };
    const { url } = await started({ readiness: () => ({ ready: false, reasons: [stuck] }) });
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    const broken = await started({
      readiness: () => {
        throw new Error('no facts');
      },
    });
    expect((await fetch(`${broken.url}/readyz`)).status).toBe(500);
    expect((await fetch(`${broken.url}/livez`)).status).toBe(200);
  });

  test('names what there is on any other path, and answers HEAD without a body', async () => {
    const { url } = await started();
    const other = await fetch(`${url}/other`);
    expect([other.status, await other.text()]).toEqual([404, '/metrics /livez /readyz\n']);
    const head = await fetch(`${url}/livez`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '6', '']);
  });

  test('takes no other method, no body and no large header, and closes such a connection', async () => {
    const { address } = await started();
    const host = 'Host: x\r\n';
    const post = await rawExchange(
      address.port,
      `POST /metrics HTTP/1.1\r\n${host}Content-Length: 9999\r\n\r\nx`,
    );
    expect(post).toMatch(/^HTTP\/1\.1 405 /);
    const body = await rawExchange(
      address.port,
      `GET /metrics HTTP/1.1\r\n${host}Content-Length: 9999\r\n\r\nx`,
    );
    expect(body).toMatch(/^HTTP\/1\.1 413 /);
    const chunked = `GET /metrics HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n`;
    expect(await rawExchange(address.port, chunked)).toMatch(/^HTTP\/1\.1 413 /);
    const header = `GET /metrics HTTP/1.1\r\n${host}X: ${'x'.repeat(10_000)}\r\n\r\n`;
    expect(await rawExchange(address.port, header)).toMatch(/^HTTP\/1\.1 431 /);
    expect(await rawExchange(address.port, 'garbage\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  });

  test('sixteen slow connections hold up nobody: the one that asked for nothing the longest gives way', async () => {
    const { address, url } = await started();
    const sockets = Array.from({ length: 16 }, () => connect(address.port, '127.0.0.1'));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    for (const socket of sockets) socket.on('error', () => {});
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    sockets.at(-1)?.write('GET /metrics HTTP/1.1\r\nX-Slow: ');
    const closed = sockets[0] && once(sockets[0], 'close');
    for (let asked = 0; asked < 3; asked += 1) expect((await fetch(`${url}/livez`)).status).toBe(200);
    await closed;
    expect(sockets.filter(({ destroyed }) => destroyed).length).toBeLessThan(16);
  });

  test('holds no more connections than its bound while all of them are being answered', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    let asked = 0;
    const text = () => {
      asked += 1;
      return promise;
    };
    const { url } = await started({ metrics: { ...DEPS.metrics, text } });
    const scrapes = Array.from({ length: 16 }, () => fetch(`${url}/metrics`).then(({ status }) => status));
    await expect.poll(() => asked).toBe(16);
    await expect(fetch(`${url}/livez`)).rejects.toThrow();
    resolve('consilium_height 7\n');
    expect(await Promise.all(scrapes)).toEqual(Array(16).fill(200));
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  });

  test('answers 500 and reports when what it shows fails, and goes on', async () => {
    const events: ReportedEvent[] = [];
    const { url } = await started({
      metrics: { ...DEPS.metrics, text: () => Promise.reject(new TypeError('broken')) },
      report: (event) => events.push(event),
    });
    expect((await fetch(`${url}/metrics`)).status).toBe(500);
    expect(events).toEqual([{ level: 'error', code: 'OBSERVE_FAILED', error: 'TypeError: broken' }]);
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  });

  test('says which address is taken', async () => {
    const { address } = await started();
    const second = createListener(DEPS, address);
    expect(await refusalOf(() => second.start())).toMatchObject({
      code: 'LISTEN_FAILED',
      data: { host: '127.0.0.1', port: address.port, errno: 'EADDRINUSE' },
    });
    await second.stop();
  });

  test('stops although connections are open, and stopping again is nothing', async () => {
    const { listener, address } = await started();
    const socket = connect(address.port, '127.0.0.1');
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    await listener.stop();
    await closed;
    await listener.stop();
    await expect(fetch(`http://127.0.0.1:${address.port}/livez`)).rejects.toThrow();
  });
});
