import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Problem } from '../../src/api/problems.ts';
import { admit, includesRole, ROLES, type Role } from '../../src/api/roles.ts';
import { type ApiHarness, problem, refusalOf, startApi } from '../support/api-harness.ts';

const as = (token: string) => ({ authorization: `Bearer ${token}` });

describe('roles', () => {
  it('form a lattice: reader below submitter and auditor, operator above all', () => {
    const included = (role: Role) => ROLES.filter((needed) => includesRole(role, needed));
    expect(Object.fromEntries(ROLES.map((role) => [role, included(role)]))).toEqual({
      reader: ['reader'],
      submitter: ['reader', 'submitter'],
      auditor: ['reader', 'auditor'],
      operator: ['reader', 'submitter', 'auditor', 'operator'],
    });
  });

  it('without anonymous access everything needs a token', () => {
    const gate = { findToken: () => undefined, findCertificate: () => undefined, anonymous: undefined };
    const credentials = { authorization: undefined, certificate: undefined, address: '127.0.0.1' };
    expect(() => admit(gate, credentials, 'reader')).toThrow(
      expect.objectContaining({ code: 'API_TOKEN_REQUIRED', data: { needed: 'reader' } }),
    );
  });
});

describe('a route of the API', () => {
  let h: ApiHarness;
  beforeAll(async () => {
    h = await startApi();
  });
  afterAll(() => h.api.stop());

  it('says who may use it', () => {
    const routes = h.api.routes();
    expect(routes.length).toBeGreaterThan(15);
    expect(routes.filter(({ role }) => role === undefined)).toEqual([]);
  });

  it('under /v1/admin/ is for operators, and what reads only for auditors too', () => {
    const admin = h.api.routes().filter(({ url }) => url.startsWith('/v1/admin/'));
    expect(admin.length).toBeGreaterThan(0);
    const isClosed = ({ method, role }: (typeof admin)[number]) =>
      role === 'operator' || (role === 'auditor' && method === 'GET');
    expect(admin.filter((route) => !isClosed(route))).toEqual([]);
  });

  it('is open to everybody on this machine when it reads or submits', async () => {
    expect((await h.get('/v1/status')).status).toBe(200);
    expect((await h.postBytes('/v1/tx', new Uint8Array(8))).status).toBe(202);
  });

  it('of the operator needs a token, the right one, of the role operator', async () => {
    const ask = async (headers: Record<string, string>) =>
      refusalOf(await h.get<Problem>('/v1/admin/caller', headers));
    expect(await ask({})).toEqual(problem(401, 'API_TOKEN_REQUIRED'));
    expect(await ask(as('someone'))).toEqual(problem(401, 'API_TOKEN_INVALID'));
    expect(await ask({ authorization: 'Basic b3A6b3A=' })).toEqual(problem(401, 'API_TOKEN_INVALID'));
    for (const role of ['reader', 'submitter', 'auditor'])
      expect(await ask(as(role))).toEqual(problem(403, 'API_ROLE_MISSING'));
    expect((await h.get('/v1/admin/caller', as('operator'))).body).toEqual({
      name: 'operator',
      role: 'operator',
    });
  });

  it('asks for a Bearer token in the way of HTTP', async () => {
    const { headers } = await h.get('/v1/admin/caller');
    expect(headers.get('www-authenticate')).toBe('Bearer realm="consilium"');
  });

  it('refuses a token that nobody has, also where none is needed', async () => {
    expect(refusalOf(await h.get<Problem>('/v1/status', as('someone')))).toEqual(
      problem(401, 'API_TOKEN_INVALID'),
    );
  });

  it('that is none is not found, whoever asks', async () => {
    expect(refusalOf(await h.get<Problem>('/v1/admin/nothing'))).toEqual(problem(404, 'ROUTE_NOT_FOUND'));
  });
});
