import { afterEach, describe, expect, test, vi } from 'vitest';
import { type Client, createClient, type Fetch, withToken } from '../../src/index.ts';
import { createFakeLedger } from '../support/fake-node.ts';

const { genesis } = createFakeLedger().chain;

function clientWith(fetch: Fetch, node = 'http://hospital.example:7080'): Client {
  return createClient({ node, genesis, fetch, pause: () => Promise.resolve() });
}

const answering =
  (body: string | null, init: ResponseInit = {}): Fetch =>
  async () =>
    new Response(body, init);

afterEach(() => {
  vi.useRealTimers();
});

describe('asking a node', () => {
  test('that does not take the connection is NODE_UNREACHABLE, and says that nothing was sent', async () => {
    const refusing: Fetch = async () => {
      throw new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } });
    };
    await expect(clientWith(refusing).status()).rejects.toMatchObject({
      code: 'NODE_UNREACHABLE',
      data: { node: 'http://hospital.example:7080', reason: 'refused' },
    });
  });

  test('that never answers ends after a bounded time', async () => {
    vi.useFakeTimers();
    const silent: Fetch = (_url, { signal }) =>
      new Promise((_resolve, reject) =>
        signal?.addEventListener('abort', () => reject(new Error('aborted'))),
      );
    const asked = expect(clientWith(silent).status()).rejects.toMatchObject({
      code: 'NODE_UNREACHABLE',
      data: { reason: 'timeout' },
    });
    await vi.advanceTimersByTimeAsync(10_000);
    await asked;
  });

  test('that drips its answer for ever ends after the same time', async () => {
    vi.useFakeTimers();
    const dripping: Fetch = async (_url, { signal }) => {
      const body = new ReadableStream({
        start: (stream) => signal?.addEventListener('abort', () => stream.error(new Error('aborted'))),
      });
      return new Response(body);
    };
    const asked = expect(clientWith(dripping).status()).rejects.toMatchObject({
      data: { reason: 'timeout' },
    });
    await vi.advanceTimersByTimeAsync(10_000);
    await asked;
  });

  test.each<[string, Fetch]>([
    ['a web page', answering('<html></html>')],
    ['nothing', answering(null)],
    ['a status without its fields', answering('{"height":1}')],
    ['an error that is no problem document', answering('oops', { status: 502 })],
    ['a code that this client does not know', answering('{"code":"TEAPOT"}', { status: 418 })],
  ])('that answers with %s is NODE_ANSWER_INVALID', async (_what, fetch) => {
    await expect(clientWith(fetch).status()).rejects.toMatchObject({ code: 'NODE_ANSWER_INVALID' });
  });

  test('an answer without end is cut off', async () => {
    let sent = 0;
    const endless: Fetch = async () => {
      const body = new ReadableStream({
        pull: (stream) => {
          sent += 1;
          stream.enqueue(new Uint8Array(1024 * 1024).fill(0x20));
        },
      });
      return new Response(body);
    };
    await expect(clientWith(endless).status()).rejects.toMatchObject({ data: { reason: 'too large' } });
    expect(sent).toBeLessThan(40);
  });

  test("a refusal's code and plain facts come through, its words do not", async () => {
    const problem = {
      code: 'RATE_LIMITED',
      detail: '\u001b[2Jevil',
      data: { retryAfterMs: 5, nested: { a: 1 } },
    };
    await expect(
      clientWith(answering(JSON.stringify(problem), { status: 429 })).status(),
    ).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      message: 'this client asks too often; retry after the time given',
      data: { retryAfterMs: 5 },
    });
  });

  test.each(['', 'hospital', 'ftp://hospital', 'http://h/?a=1', 'file:///etc/passwd'])(
    'an address that is none is refused: %s',
    (node) => {
      expect(() => clientWith(answering('{}'), node)).toThrow(
        expect.objectContaining({ code: 'VALUE_INVALID' }),
      );
    },
  );

  test('a client without any node is refused', () => {
    expect(() => createClient({ genesis })).toThrow(expect.objectContaining({ code: 'VALUE_INVALID' }));
  });
});

describe('a token', () => {
  const askedWith = async (url: string): Promise<string | null> => {
    let sent: string | null = null;
    const fetch = withToken(async (_url, init) => {
      sent = new Headers(init.headers).get('authorization');
      return new Response('{}');
    }, 'cst_x');
    await fetch(url, { headers: { accept: 'application/json' } });
    return sent;
  };

  test('goes to this machine, and to others over TLS', async () => {
    for (const url of [
      'http://127.0.0.1:1/',
      'http://[::1]:1/',
      'http://localhost/',
      'https://node.example/',
    ])
      expect(await askedWith(url)).toBe('Bearer cst_x');
  });

  test('never crosses a network in the clear', () => {
    for (const url of ['http://node.example/', 'http://10.1.2.3:4200/', 'http://127.0.0.1.example/'])
      expect(() => withToken(fetch, 'cst_x')(url, {})).toThrow(
        expect.objectContaining({ code: 'TOKEN_IN_CLEAR' }),
      );
  });
});
