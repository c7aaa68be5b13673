import { type ErrorCode, type Tx, toHex } from '@consilium/core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Problem } from '../../src/api/problems.ts';
import { type ApiHarness, problem, refusalOf, startApi } from '../support/api-harness.ts';

interface Outcome {
  id: string;
  state: string;
  code?: string;
}

describe('submitting transactions over HTTP', () => {
  let h: ApiHarness;
  let tx: Tx;

  beforeAll(async () => {
    h = await startApi();
  });
  afterEach(() => {
    h.door.refusal = undefined;
    h.door.onReceived = () => undefined;
  });
  afterAll(() => h.api.stop());

  it('raw bytes are received and named by their id', async () => {
    tx = h.chain.nextTx();
    const { status, body } = await h.postBytes('/v1/tx', tx.bytes);
    expect(status).toBe(202);
    expect(body).toEqual({ id: tx.id, state: 'received' });
    expect(h.door.received.at(-1)).toEqual(tx.bytes);
  });

  it('the same bytes as hex are the same transaction', async () => {
    tx = h.chain.nextTx();
    const { status, body } = await h.post('/v1/tx', { tx: toHex(tx.bytes) });
    expect(status).toBe(202);
    expect(body).toEqual({ id: tx.id, state: 'received' });
    expect(h.door.received.at(-1)).toEqual(tx.bytes);
  });

  it('wait=committed answers after the commit, with place and code', async () => {
    tx = h.chain.nextTx();
    h.door.onReceived = (bytes) =>
      h.chain.commit({ txs: [h.chain.nextTx().bytes, bytes], codes: ['OK', 'CONSENT_NOT_FOUND'] });
    const { status, body } = await h.postBytes('/v1/tx?wait=committed', tx.bytes);
    expect(status).toBe(200);
    const height = h.chain.height();
    expect(body).toEqual({ id: tx.id, state: 'committed', height, index: 1, code: 'CONSENT_NOT_FOUND' });
  });

  it('two clients may wait for the same transaction', async () => {
    tx = h.chain.nextTx();
    const both = Promise.withResolvers<void>();
    let count = 0;
    h.door.onReceived = () => {
      count += 1;
      if (count === 2) both.resolve();
    };
    const answers = [1, 2].map(() => h.postBytes<Outcome>('/v1/tx?wait=committed', tx.bytes));
    await both.promise;
    h.chain.commit({ txs: [tx.bytes] });
    for (const { body } of await Promise.all(answers)) expect(body.state).toBe('committed');
  });

  it('what is not committed in time is answered by a timeout that says that nothing is known', async () => {
    tx = h.chain.nextTx();
    const answer = await h.postBytes<Problem>('/v1/tx?wait=committed&timeoutMs=1', tx.bytes);
    expect(refusalOf(answer)).toEqual(problem(504, 'TX_WAIT_TIMEOUT'));
    expect(answer.body.data).toEqual({ id: tx.id, timeoutMs: 1 });
  });

  it('who waits for what is committed already is told so; who does not is refused', async () => {
    tx = h.chain.nextTx();
    const { height } = h.chain.commit({ txs: [tx.bytes] });
    h.door.refusal = { state: 'refused', code: 'TX_DUPLICATE' };
    const waited = await h.postBytes('/v1/tx?wait=committed', tx.bytes);
    expect(waited.body).toEqual({ id: tx.id, state: 'committed', height, index: 0, code: 'OK' });
    expect(refusalOf(await h.postBytes<Problem>('/v1/tx', tx.bytes))).toEqual(problem(409, 'TX_DUPLICATE'));
  });

  it.each<[number, ErrorCode]>([
    [400, 'ENCODING_INVALID'],
    [413, 'ENCODING_TOO_LARGE'],
    [400, 'TX_NETWORK_MISMATCH'],
    [400, 'TX_ACTION_MALFORMED'],
    [422, 'TX_ACTION_UNKNOWN'],
    [403, 'TX_ACCOUNT_UNKNOWN'],
    [403, 'TX_NOT_PERMITTED'],
    [403, 'TX_SIGNATURE_INVALID'],
    [403, 'TX_KEY_ROTATED'],
    [409, 'TX_DUPLICATE'],
    [422, 'TX_EXPIRED'],
    [422, 'TX_VALIDITY_TOO_LONG'],
    [422, 'ACCOUNT_EXISTS'],
  ])('a refusal at the door is a %i with its code %s, waiting or not', async (status, code) => {
    h.door.refusal = { state: 'refused', code, data: { limit: 3 } };
    for (const path of ['/v1/tx', '/v1/tx?wait=committed']) {
      const answer = await h.postBytes<Problem>(path, h.chain.nextTx().bytes);
      expect(refusalOf(answer)).toEqual(problem(status, code));
      expect(answer.body.type).toBe(`urn:consilium:error:${code}`);
      expect(answer.body.data).toEqual({ limit: 3 });
      expect(answer.headers.has('retry-after')).toBe(false);
    }
  });

  it.each<ErrorCode>(['TX_QUOTA_EXCEEDED', 'MEMPOOL_FULL'])('%s says when to come back', async (code) => {
    h.door.refusal = { state: 'refused', code, retryAfterMs: 2_500 };
    const answer = await h.postBytes<Problem>('/v1/tx', h.chain.nextTx().bytes);
    expect(refusalOf(answer)).toEqual(problem(429, code));
    expect(answer.headers.get('retry-after')).toBe('3');
  });

  it('each transaction of a batch has its own outcome', async () => {
    const txs = [h.chain.nextTx(), h.chain.nextTx()];
    h.door.onReceived = () => {
      h.door.refusal = { state: 'refused', code: 'TX_EXPIRED' };
    };
    const { status, body } = await h.post<{ outcomes: Outcome[] }>('/v1/txs', {
      txs: txs.map(({ bytes }) => toHex(bytes)),
    });
    expect(status).toBe(202);
    expect(body.outcomes).toEqual([
      { id: txs[0]?.id, state: 'received' },
      { id: txs[1]?.id, state: 'refused', code: 'TX_EXPIRED', data: {} },
    ]);
  });

  it.each([
    ['an empty body', '/v1/tx', '{}'],
    ['no JSON', '/v1/tx', '{'],
    ['hex that is none', '/v1/tx', '{"tx":"xy"}'],
    ['an unknown field', '/v1/tx', '{"tx":"00","priority":1}'],
    ['a wait for something else', '/v1/tx?wait=final', '{"tx":"00"}'],
    ['a wait without end', '/v1/tx?wait=committed&timeoutMs=60001', '{"tx":"00"}'],
    ['an empty batch', '/v1/txs', '{"txs":[]}'],
    ['a batch over the bound', '/v1/txs', JSON.stringify({ txs: Array.from({ length: 257 }, () => '00') })],
  ])('%s is refused before the door', async (_what, path, body) => {
    const before = h.door.received.length;
    const response = await fetch(`${h.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'REQUEST_INVALID' });
    expect(h.door.received).toHaveLength(before);
  });

  it('a body over the bound is not read', async () => {
    const answer = await h.postBytes<Problem>('/v1/tx', new Uint8Array(200_000));
    expect(refusalOf(answer)).toEqual(problem(413, 'ENCODING_TOO_LARGE'));
  });

  it('a body of another media type is refused', async () => {
    const response = await fetch(`${h.url}/v1/tx`, { method: 'POST', body: 'tx=00' });
    expect(response.status).toBe(415);
    expect(await response.json()).toMatchObject({ code: 'MEDIA_TYPE_UNSUPPORTED' });
  });
});
