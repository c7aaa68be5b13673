import {
  advanceAll,
  advanceLight,
  type Certificate,
  decodeBlock,
  fromHex,
  genesisFromJson,
  genesisHash,
  genesisToJson,
  type Header,
  headerId,
  type LightStep,
  lightGenesis,
  type MerkleProof,
  type StateProof,
  toHex,
  verifyEd25519,
  verifyStateValue,
  verifyTxResult,
} from '@consilium/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NodeStatus } from '../../src/api/deps.ts';
import type { Problem } from '../../src/api/problems.ts';
import { heightKey } from '../../src/replica/chain.ts';
import { TABLES } from '../../src/tables.ts';
import { type ApiHarness, problem, refusalOf, startApi } from '../support/api-harness.ts';
import { validatorNamed } from '../support/memory-chain.ts';

interface StateAnswer {
  header: Header;
  certificate: Certificate;
  entries: { table: number; key: string; value: string | null; proof: StateProof }[];
}

interface HeaderPage {
  headers: { id: string; header: Header; certificate: Certificate }[];
  next: number | null;
}

interface LightAnswer {
  steps: LightStep[];
  next: number | null;
}

const TABLE = 7;
const keyA = Uint8Array.of(1, 2, 3);
const keyB = Uint8Array.of(9);
const value = Uint8Array.of(42, 42);

describe('reading the chain over HTTP', () => {
  let h: ApiHarness;
  let txIds: string[];

  beforeAll(async () => {
    h = await startApi({ sign: true });
    const txs = [h.chain.nextTx(), h.chain.nextTx(), h.chain.nextTx()];
    txIds = txs.map((tx) => tx.id);
    h.chain.commit({
      txs: txs.map((tx) => tx.bytes),
      codes: ['OK', 'ACCOUNT_EXISTS', 'OK'],
      writes: [{ table: TABLE, key: keyA, value }],
    });
    const wider = [...h.chain.set(), validatorNamed('Talblick')].sort((a, b) => (a.id < b.id ? -1 : 1));
    h.chain.commit({ nextSet: wider });
    h.chain.commit({ writes: [{ table: TABLE, key: keyB, value }] });
    const narrower = wider.slice(1);
    h.chain.commit({ nextSet: narrower });
    h.chain.commit({ writes: [{ table: TABLE, key: keyB, value: null }] });
  });
  afterAll(() => h.api.stop());

  it('the root names the network and every route', async () => {
    const { status, body } = await h.get<{ chainId: string; genesis: string; routes: { path: string }[] }>(
      '/',
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({
      chainId: 'dev-test',
      genesis: h.chain.genesisHash,
      description: '/openapi.json',
    });
    expect(body.routes.map(({ path }) => path)).toContain('/v1/light');
  });

  it('the status is what the node says of itself', async () => {
    const { status, body } = await h.get<NodeStatus>('/v1/status');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      height: 5,
      name: 'Linden',
      signing: 'signing',
      mempool: { txs: 0, bytes: 0 },
    });
    expect(body.peers).toEqual([{ institution: '22'.repeat(32), name: 'Seeblick', connected: true }]);
  });

  it('the genesis document comes as the file that founded the network', async () => {
    const text = await (await fetch(`${h.url}/v1/genesis`)).text();
    expect(text).toBe(genesisToJson(h.chain.genesis));
    expect(genesisHash(genesisFromJson(text, verifyEd25519))).toBe(h.chain.genesisHash);
  });

  it('a block comes encoded, with the certificate that the next block carries', async () => {
    const { status, body } = await h.get<{ block: string; certificate: Certificate }>('/v1/blocks/1');
    expect(status).toBe(200);
    const block = decodeBlock(fromHex(body.block));
    expect(body.certificate.blockId).toBe(headerId(block.header));
    const next = await h.get<{ block: string }>('/v1/blocks/2');
    expect(decodeBlock(fromHex(next.body.block)).lastCertificate).toEqual(body.certificate);
  });

  it('the tip comes with the certificate of the node itself', async () => {
    const { body } = await h.get<{ block: string; certificate: Certificate }>('/v1/blocks/5');
    expect(body.certificate.blockId).toBe(headerId(decodeBlock(fromHex(body.block)).header));
  });

  it('a block above the tip is not found', async () => {
    const answer = await h.get<Problem>('/v1/blocks/6');
    expect(refusalOf(answer)).toEqual(problem(404, 'BLOCK_NOT_FOUND'));
    expect(answer.body.data).toEqual({ height: 6, tip: 5 });
  });

  it('headers come in pages whose cursor ends at the tip', async () => {
    const seen: number[] = [];
    for (let from: number | null = 1; from !== null; ) {
      const { body }: { body: HeaderPage } = await h.get<HeaderPage>(`/v1/blocks?from=${from}&limit=2`);
      for (const { id, header, certificate } of body.headers) {
        expect(headerId(header)).toBe(id);
        expect(certificate.blockId).toBe(id);
        seen.push(header.height);
      }
      from = body.next;
    }
    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });

  it('a light client gets from genesis to the tip across two changes of the set', async () => {
    const { body } = await h.get<LightAnswer>('/v1/light?from=0');
    expect(body.steps.map(({ header }) => header.height)).toEqual([2, 4, 5]);
    expect(body.next).toBeNull();
    const state = advanceAll(lightGenesis(h.chain.genesis), body.steps, verifyEd25519);
    expect(state.height).toBe(5);
    expect(state.nextValidators).toEqual(h.chain.set());
  });

  it('a light client goes on from a height that it knows, and learns that nothing is newer', async () => {
    const first = await h.get<LightAnswer>('/v1/light');
    const known = first.body.steps.slice(0, 1);
    let state = advanceAll(lightGenesis(h.chain.genesis), known, verifyEd25519);
    const { body } = await h.get<LightAnswer>(`/v1/light?from=${state.height}`);
    for (const step of body.steps) state = advanceLight(state, step, verifyEd25519);
    expect(state.height).toBe(5);
    const nothing = await h.get<LightAnswer>('/v1/light?from=5');
    expect(nothing.body).toEqual({ steps: [], next: null });
  });

  it('state comes with proofs of presence and absence under one certified header', async () => {
    const keys = [keyA, keyB].map((key) => ({ table: TABLE, key: toHex(key) }));
    const { status, body } = await h.post<StateAnswer>('/v1/state', { keys, minHeight: 5 });
    expect(status).toBe(200);
    expect(body.certificate.blockId).toBe(headerId(body.header));
    expect(body.header.height).toBe(5);
    expect(body.entries.map((entry) => entry.value)).toEqual([toHex(value), null]);
    for (const { table, key, value: text, proof } of body.entries) {
      const found = text === null ? null : fromHex(text);
      expect(verifyStateValue(body.header, table, fromHex(key), found, proof)).toBe(true);
    }
  });

  it('an answer below the height asked for is refused as stale', async () => {
    const answer = await h.post<Problem>('/v1/state', { keys: [{ table: TABLE, key: '01' }], minHeight: 6 });
    expect(refusalOf(answer)).toEqual(problem(409, 'STALE'));
    expect(answer.body.data).toEqual({ tip: 5, minHeight: 6 });
  });

  it('a committed transaction is found with its place and code', async () => {
    const { status, body } = await h.get(`/v1/tx/${txIds[1]}`);
    expect(status).toBe(200);
    expect(body).toEqual({
      id: txIds[1],
      state: 'committed',
      height: 1,
      index: 1,
      code: 'ACCOUNT_EXISTS',
    });
  });

  it('a committed transaction is proven, and its result with it', async () => {
    const { body } = await h.get<{
      id: string;
      tx: string;
      header: Header;
      certificate: Certificate;
      txProof: MerkleProof;
      result: string;
      resultProof: MerkleProof;
    }>(`/v1/tx/${txIds[2]}?proof=1`);
    expect(body.certificate.blockId).toBe(headerId(body.header));
    const proof = { tx: body.txProof, result: body.resultProof };
    expect(verifyTxResult(body.header, body.id, fromHex(body.result), proof)).toBe(true);
  });

  it('a transaction that no block holds is what the pool says', async () => {
    const [pending, refused, unknown] = ['aa', 'bb', 'cc'].map((byte) => byte.repeat(32));
    h.door.pool.set(pending ?? '', { state: 'pending' });
    h.door.pool.set(refused ?? '', { state: 'refused', code: 'TX_EXPIRED' });
    expect((await h.get(`/v1/tx/${pending}?proof=1`)).body).toEqual({ id: pending, state: 'pending' });
    expect((await h.get(`/v1/tx/${refused}`)).body).toEqual({
      id: refused,
      state: 'refused',
      code: 'TX_EXPIRED',
    });
    expect((await h.get(`/v1/tx/${unknown}`)).body).toEqual({ id: unknown, state: 'unknown', base: 1 });
  });

  it.each([
    ['a height that is no number', '/v1/blocks/abc', 'params/height'],
    ['a height with a fraction', '/v1/blocks/1.5', 'params/height'],
    ['a height beyond the safe integers', '/v1/blocks/99999999999999999', 'params/height'],
    ['an id that is no 32 bytes', '/v1/tx/abcd', 'params/id'],
    ['an id in capitals', `/v1/tx/${'AB'.repeat(32)}`, 'params/id'],
    [
      'a proof that is neither asked for nor not',
      `/v1/tx/${'ab'.repeat(32)}?proof=maybe`,
      'querystring/proof',
    ],
    ['a limit of zero', '/v1/blocks?limit=0', 'querystring/limit'],
    ['a limit over the bound', '/v1/blocks?limit=65', 'querystring/limit'],
    ['a parameter twice', '/v1/blocks?from=1&from=2', 'querystring/from'],
    ['a misspelt parameter', '/v1/blocks?form=1', 'querystring/form'],
    ['a light client from below genesis', '/v1/light?from=-1', 'querystring/from'],
  ])('%s is refused', async (_what, path, where) => {
    const answer = await h.get<Problem>(path);
    expect(refusalOf(answer)).toEqual(problem(400, 'REQUEST_INVALID'));
    expect(answer.body.data['where']).toBe(where);
  });

  it.each([
    ['no keys', { keys: [] }],
    ['too many keys', { keys: Array.from({ length: 257 }, () => ({ table: 1, key: '00' })) }],
    ['a table over one byte', { keys: [{ table: 256, key: '00' }] }],
    ['a key that is no hex', { keys: [{ table: 1, key: 'zz' }] }],
    ['a key of half a byte', { keys: [{ table: 1, key: '0' }] }],
    ['an unknown field', { keys: [{ table: 1, key: '00', at: 3 }] }],
  ])('a state query with %s is refused', async (_what, body) => {
    expect(refusalOf(await h.post<Problem>('/v1/state', body))).toEqual(problem(400, 'REQUEST_INVALID'));
  });

  it('a route that does not exist is refused in the same form', async () => {
    expect(refusalOf(await h.get<Problem>('/v2/anything'))).toEqual(problem(404, 'ROUTE_NOT_FOUND'));
    expect(refusalOf(await h.post<Problem>('/v1/status', {}))).toEqual(problem(404, 'ROUTE_NOT_FOUND'));
    expect(refusalOf(await h.get<Problem>('/%zz'))).toEqual(problem(400, 'REQUEST_INVALID'));
  });

  it('every snapshot that was taken was given back', () => {
    expect(h.chain.openSnapshots()).toBe(0);
  });
});

describe('a chain without blocks', () => {
  let h: ApiHarness;
  beforeAll(async () => {
    h = await startApi();
  });
  afterAll(() => h.api.stop());

  it('has no header that could prove state', async () => {
    const answer = await h.post<Problem>('/v1/state', { keys: [{ table: 1, key: '' }] });
    expect(refusalOf(answer)).toEqual(problem(409, 'CHAIN_EMPTY'));
  });

  it('has no headers and no steps', async () => {
    expect((await h.get('/v1/blocks')).body).toEqual({ headers: [], next: null });
    expect((await h.get('/v1/light')).body).toEqual({ steps: [], next: null });
  });
});

describe('a store that contradicts itself', () => {
  let h: ApiHarness;
  beforeAll(async () => {
    h = await startApi();
    h.chain.commit({ writes: [{ table: TABLE, key: keyA, value }] });
    h.chain.commit();
  });
  afterAll(() => h.api.stop());

  it('is not served: a changed value, and a block that its certificate does not name', async () => {
    h.chain.damage(TABLES.state, Uint8Array.of(TABLE, ...keyA), Uint8Array.of(1));
    const answer = await h.post<Problem>('/v1/state', { keys: [{ table: TABLE, key: toHex(keyA) }] });
    expect(refusalOf(answer)).toEqual(problem(500, 'STORE_DAMAGED'));
    h.chain.damage(TABLES.certificates, heightKey(2), Uint8Array.of(1));
    expect(refusalOf(await h.get<Problem>('/v1/blocks/2'))).toEqual(problem(500, 'STORE_DAMAGED'));
    expect(h.log.codes().filter((code) => code === 'api.failed')).toHaveLength(2);
  });

  it('an error that nobody foresaw is told to the log, not to the client', async () => {
    const snapshot = (): never => {
      throw new Error('invariant: the store is closed');
    };
    const broken = await startApi({ deps: { snapshot } });
    const answer = await broken.get<Problem>('/v1/blocks/1');
    await broken.api.stop();
    expect(refusalOf(answer)).toEqual(problem(500, 'INTERNAL_ERROR'));
    expect(JSON.stringify(answer.body)).not.toContain('store');
    expect(broken.log.events).toContainEqual(
      expect.objectContaining({ code: 'api.failed', cause: 'invariant: the store is closed' }),
    );
  });
});

describe('a node that keeps blocks from a height on', () => {
  it('refuses those below with the base, in every route, and says so of what it does not know', async () => {
    const h = await startApi();
    for (let height = 1; height <= 3; height += 1) h.chain.commit();
    h.chain.damage(TABLES.meta, new TextEncoder().encode('base'), heightKey(2));
    const answers = [
      await h.get<Problem>('/v1/blocks/1'),
      await h.get<Problem>('/v1/blocks?from=1'),
      await h.get<Problem>('/v1/events?from=1'),
      await h.get<Problem>('/v1/events', { 'last-event-id': '1.0' }),
    ];
    expect(answers.map(refusalOf)).toEqual(answers.map(() => problem(410, 'BLOCK_PRUNED')));
    expect(answers.map(({ body }) => body.data)).toEqual(answers.map(() => ({ height: 1, base: 2 })));
    expect((await h.get('/v1/blocks/2')).status).toBe(200);
    const unknown = await h.get(`/v1/tx/${'ab'.repeat(32)}`);
    expect(unknown.body).toEqual({ id: 'ab'.repeat(32), state: 'unknown', base: 2 });
    await h.api.stop();
  });
});
