import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Doorstep } from '../../../src/doorstep/doorstep.ts';
import { boundArrivals } from '../../../src/http/arrivals.ts';
import { createManualClock } from '../../support/fakes.ts';

const BOUNDS = {
  newcomers: { perSecond: 1, burst: 2 },
  known: { perSecond: 2, burst: 3 },
  barred: { perSecond: 0.5, burst: 1 },
};

function bench(bars?: (address: string) => boolean) {
  const clock = createManualClock();
  let refused = 0;
  const onRefused = (): void => {
    refused += 1;
  };
  const knows = (address: string): boolean => address.startsWith('10.');
  const doorstep = new Doorstep(
    { monotonicMs: clock.monotonicMs, knows, ...(bars && { bars }), onRefused },
    BOUNDS,
  );
  const arrive = (address: string): boolean => !doorstep.check(address);
  return { clock, arrive, refused: () => refused };
}

describe('new connections', () => {
  test('of unknown addresses share one measure, however many addresses there are', () => {
    const { clock, arrive, refused } = bench();
    expect(['1.1.1.1', '2.2.2.2', '3.3.3.3', '4.4.4.4'].map(arrive)).toEqual([true, true, false, false]);
    expect(refused()).toBe(2);
    clock.advance(1_000);
    expect(['5.5.5.5', '6.6.6.6'].map(arrive)).toEqual([true, false]);
  });

  test('of a known address have a measure of their own, which nobody else uses up', () => {
    const { clock, arrive } = bench();
    for (let n = 0; n < 1_000; n += 1) arrive(`1.1.1.${n % 256}`);
    expect(Array.from({ length: 4 }, () => arrive('10.0.0.1'))).toEqual([true, true, true, false]);
    expect(arrive('10.0.0.2')).toBe(true);
    clock.advance(1_000);
    expect(Array.from({ length: 3 }, () => arrive('10.0.0.1'))).toEqual([true, true, false]);
  });

  test('of an address whose peers are all cut off have a small measure, and take no part of another', () => {
    let barred = true;
    const { clock, arrive, refused } = bench((address) => barred && address === '10.0.0.1');
    const four = (): boolean[] => Array.from({ length: 4 }, () => arrive('10.0.0.1'));
    expect(four()).toEqual([true, false, false, false]);
    clock.advance(2_000);
    expect(four()).toEqual([true, false, false, false]);
    expect(refused()).toBe(0);
    expect(arrive('10.0.0.2')).toBe(true);
    barred = false;
    expect(four()).toEqual([true, true, true, false]);
  });

  test('by IPv4 are of the same address on a listener of IPv6', () => {
    const { arrive } = bench();
    for (let n = 0; n < 9; n += 1) arrive('1.1.1.1');
    expect(arrive('::ffff:1.1.1.1')).toBe(false);
    expect(arrive('::ffff:10.0.0.1')).toBe(true);
  });
});

describe('a listener of HTTP', () => {
  /** Gives the status of one request on a connection of its own; undefined when it was closed without an answer. */
  async function listen(status: number, refusalCost?: number) {
    const server = createServer((_request, response) => response.writeHead(status).end());
    const second = { perSecond: 0.001 };
    boundArrivals(server, {
      newcomers: { ...second, burst: 2 },
      known: { ...second, burst: 3 },
      ...(refusalCost !== undefined && { refusalCost }),
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    server.on('clientError', (_error, socket) => socket.destroy());
    const { port } = server.address() as AddressInfo;
    /** Bytes that are no request, on a connection of their own. */
    const garble = async (): Promise<void> => {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      socket.end('no request\r\n\r\n').resume();
      await once(socket, 'close');
    };
    const ask = async (): Promise<number | undefined> => {
      const request = get({ host: '127.0.0.1', port, agent: false });
      try {
        const [response] = (await once(request, 'response')) as [IncomingMessage];
        response.resume();
        await once(response, 'close');
        return response.statusCode;
      } catch {
        return undefined;
      }
    };
    return { ask, garble };
  }

  async function several({ ask }: { readonly ask: () => Promise<number | undefined> }, times: number) {
    const answers: (number | undefined)[] = [];
    for (let n = 0; n < times; n += 1) answers.push(await ask());
    return answers;
  }

  test('knows whom it has answered', async () => {
    expect(await several(await listen(200), 6)).toEqual([200, 200, 200, 200, undefined, undefined]);
  });

  test('knows nobody by a refusal', async () => {
    expect(await several(await listen(401), 4)).toEqual([401, 401, undefined, undefined]);
  });

  test('takes bytes that are no request for one that it refuses', async () => {
    const listener = await listen(200, 1);
    await listener.garble();
    expect(await several(listener, 1)).toEqual([undefined]);
    const lenient = await listen(200);
    await lenient.garble();
    expect(await several(lenient, 1)).toEqual([200]);
  });

  test('lets in fewer of those whom it refuses, and charges nobody whom it answers', async () => {
    expect(await several(await listen(401, 1), 3)).toEqual([401, undefined, undefined]);
    expect(await several(await listen(200, 1), 5)).toEqual([200, 200, 200, 200, undefined]);
  });
});
