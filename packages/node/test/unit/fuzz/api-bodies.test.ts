import { ERRORS, type ErrorCode } from '@consilium/core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiHarness, startApi } from '../../support/api-harness.ts';
import { hostileBytes } from '../../support/fuzz/decoder.ts';
import { ALL_SAMPLES } from '../../support/fuzz/registry.ts';

const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const ID = 'ab'.repeat(32);

/** Bodies that the routes take, to be changed. */
const BODIES: readonly Uint8Array[] = [
  text({ tx: 'ab' }),
  text({ txs: ['ab', 'cd'] }),
  text({ keys: [{ table: 1, key: 'ab' }], minHeight: 1 }),
  text({ ids: [ID] }),
];

const TYPES = ['application/json', 'application/octet-stream', 'text/plain', ''];

/** An endless answer, and one whose facts are the daemon's, which is not here. */
const ELSEWHERE = ['/v1/events', '/v1/admin/why'];

describe('whatever the body is, the API answers it, or refuses with a code', () => {
  let h: ApiHarness;
  beforeAll(async () => {
    h = await startApi({ limits: { rate: { perSecond: 1e9, burst: 1e9 } } });
  });
  afterAll(() => h.api.stop());

  async function answered(url: string, body: Uint8Array, type: string): Promise<void> {
    const response = await fetch(`${h.url}${url}`, {
      method: 'POST',
      headers: { authorization: 'Bearer operator', ...(type !== '' && { 'content-type': type }) },
      body: new Blob([new Uint8Array(body)]),
    });
    const answer = new Uint8Array(await response.arrayBuffer());
    expect(response.status).not.toBe(500);
    if (response.ok) return;
    const { code } = JSON.parse(new TextDecoder().decode(answer)) as { code: ErrorCode };
    expect(ERRORS).toHaveProperty(code);
  }

  test('at every route that takes one', async () => {
    const urls = h.api.routes().filter(({ method }) => method === 'POST');
    expect(urls.length).toBeGreaterThan(6);
    const request = fc.tuple(
      fc.constantFrom(...urls.map(({ url }) => url)),
      hostileBytes(BODIES, ALL_SAMPLES),
      fc.constantFrom(...TYPES),
    );
    await fc.assert(
      fc.asyncProperty(request, ([url, body, type]) => answered(url, body, type)),
      { numRuns: 300 },
    );
  });

  test('at the door for one transaction, where there is none', async () => {
    const response = await fetch(`${h.url}/v1/tx`, { method: 'POST' });
    expect([response.status, await response.json()]).toMatchObject([400, { code: 'REQUEST_INVALID' }]);
  });

  test('and whatever the path and query are', async () => {
    const urls = h.api.routes().filter(({ method, url }) => method === 'GET' && !ELSEWHERE.includes(url));
    const word = fc.oneof(
      fc.string({ maxLength: 20 }),
      fc.constantFrom('0', '-1', '1e9', '9'.repeat(30), '%00', '..'),
    );
    const request = fc.tuple(fc.constantFrom(...urls.map(({ url }) => url)), word, word, word);
    await fc.assert(
      fc.asyncProperty(request, async ([url, param, name, value]) => {
        const path = url.replaceAll(/:\w+/g, encodeURIComponent(param.toWellFormed()));
        const query = new URLSearchParams([[name, value]]);
        const response = await fetch(`${h.url}${path}?${query}`, {
          headers: { authorization: 'Bearer operator' },
        });
        await response.arrayBuffer();
        expect(response.status).not.toBe(500);
      }),
      { numRuns: 200 },
    );
  });
});
