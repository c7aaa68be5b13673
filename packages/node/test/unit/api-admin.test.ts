import { ConsiliumError } from '@consilium/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ActionNotes, noteActions } from '../../src/api/admin-actions.ts';
import { ApiRefusal, type Problem } from '../../src/api/problems.ts';
import { type ApiServer, createServer } from '../../src/api/server.ts';
import type { AdminAct } from '../../src/audit/admin-line.ts';
import { startApi } from '../support/api-harness.ts';

const OPERATOR = { authorization: 'Bearer good' };

interface Bench {
  readonly server: ApiServer;
  readonly acts: AdminAct[];
  readonly failing: { at: number };
  readonly ask: (url: string, headers?: Record<string, string>) => Promise<{ status: number; body: unknown }>;
}

/** The server with one action of an operator, and a log that can fail. */
function bench(): Bench {
  const acts: AdminAct[] = [];
  const failing = { at: Number.POSITIVE_INFINITY };
  const notes: ActionNotes = {
    append: async (act) => {
      if (acts.length >= failing.at) throw new ConsiliumError('DISK_FULL');
      acts.push(act);
    },
  };
  const server = createServer(
    {
      report: () => {},
      takeTokens: () => 0,
      isStopping: () => false,
      gate: {
        findToken: (token) => (token === 'good' ? { name: 'anna', role: 'operator' } : undefined),
        findCertificate: () => undefined,
        anonymous: 'submitter',
      },
    },
    { hosts: [] },
  );
  noteActions(server, notes);
  const config = { role: 'operator', action: 'test.act' } as const;
  server.post('/act', { config }, async (request) => {
    request.facts = { height: 7 };
    return { done: true };
  });
  server.post('/refused', { config }, async () => {
    throw new ApiRefusal('STALE', { height: 1 });
  });
  server.get('/read', { config: { role: 'operator' } }, async () => ({ read: true }));
  onTestFinished(() => server.close());
  const ask: Bench['ask'] = async (url, headers = OPERATOR) => {
    const method = url === '/read' ? 'GET' : 'POST';
    const { statusCode, payload } = await server.inject({
      url,
      method,
      headers: { ...headers, host: 'localhost' },
    });
    return { status: statusCode, body: JSON.parse(payload) };
  };
  return { server, acts, failing, ask };
}

const act = (outcome: string, facts = {}): AdminAct => ({
  by: 'anna',
  role: 'operator',
  action: 'test.act',
  outcome,
  facts,
});

describe('an action of an operator', () => {
  it('is noted before it begins and with its outcome before it is answered', async () => {
    const { acts, ask } = bench();
    expect(await ask('/act')).toEqual({ status: 200, body: { done: true } });
    expect(acts).toEqual([act('begun'), act('done', { height: 7 })]);
  });

  it('that is refused is noted with the code', async () => {
    const { acts, ask } = bench();
    expect((await ask('/refused')).status).toBe(409);
    expect(acts).toEqual([act('begun'), act('STALE')]);
  });

  it('an action that cannot be noted is not begun', async () => {
    const { acts, failing, ask } = bench();
    failing.at = 0;
    expect(await ask('/act')).toMatchObject({ status: 503, body: { code: 'DISK_FULL' } });
    expect(acts).toEqual([]);
  });

  it('whose outcome cannot be noted is not said to be done', async () => {
    const { acts, failing, ask } = bench();
    failing.at = 1;
    expect(await ask('/act')).toMatchObject({ status: 503, body: { code: 'DISK_FULL' } });
    expect(acts).toEqual([act('begun')]);
  });

  it('is not noted for who may not do it, and reading is no action', async () => {
    const { acts, ask } = bench();
    expect((await ask('/act', {})).status).toBe(401);
    expect((await ask('/act', { authorization: 'Bearer bad' })).status).toBe(401);
    expect(await ask('/read')).toEqual({ status: 200, body: { read: true } });
    expect(acts).toEqual([]);
  });

  it('without a name is refused when the route is made', () => {
    const { server } = bench();
    expect(() => server.post('/nameless', { config: { role: 'operator' } }, async () => ({}))).toThrow(
      'does not name its action',
    );
  });
});

describe('GET /v1/admin/log', () => {
  it('gives pages to auditors and operators, and nothing to others', async () => {
    const h = await startApi();
    onTestFinished(() => h.api.stop());
    const as = (token: string) => ({ authorization: `Bearer ${token}` });
    interface Page {
      readonly mark: { readonly seq: number };
      readonly lines: readonly { readonly seq: number }[];
      readonly next: number | null;
    }
    expect((await h.get<Page>('/v1/admin/log', as('auditor'))).body).toMatchObject({ lines: [], next: null });
    for (let n = 0; n < 5; n += 1) await h.adminLog.append({ ...act('done'), facts: { n } });
    const first = (await h.get<Page>('/v1/admin/log?limit=3', as('auditor'))).body;
    expect([first.lines.map(({ seq }) => seq), first.next, first.mark.seq]).toEqual([[1, 2, 3], 4, 5]);
    const second = (await h.get<Page>(`/v1/admin/log?from=${first.next}`, as('operator'))).body;
    expect([second.lines.map(({ seq }) => seq), second.next]).toEqual([[4, 5], null]);
    expect((await h.get<Problem>('/v1/admin/log')).body.code).toBe('API_TOKEN_REQUIRED');
    expect((await h.get<Problem>('/v1/admin/log', as('submitter'))).body.code).toBe('API_ROLE_MISSING');
  });
});
