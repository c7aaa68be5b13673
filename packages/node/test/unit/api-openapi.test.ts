import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { Type } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schemaOf } from '../../src/api/schemas.ts';
import { type ApiHarness, startApi } from '../support/api-harness.ts';

type Json = { readonly [name: string]: unknown };

interface Operation extends Json {
  readonly operationId?: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema?: Json }[];
  readonly responses?: Readonly<Record<string, { readonly description?: string }>>;
}

interface Document extends Json {
  readonly openapi?: string;
  readonly info?: { readonly title?: string; readonly version?: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Json>> };
}

const METHODS = ['get', 'put', 'post', 'delete', 'patch'];

/** Every rule of OpenAPI 3.1 that this document could break, in words; empty when it breaks none. */
function violations(document: Document): string[] {
  const found: string[] = [];
  if (!/^3\.1\.\d+$/.test(document.openapi ?? '')) found.push('openapi is not 3.1');
  if (document.info?.title === undefined || document.info.version === undefined)
    found.push('info is incomplete');
  const operations = operationsOf(document);
  const ids = operations.map(({ operation }) => operation.operationId);
  if (ids.includes(undefined) || new Set(ids).size !== ids.length) found.push('operationIds are not unique');
  for (const { name, path, method, operation } of operations) {
    if (!path.startsWith('/')) found.push(`${name}: the path does not begin with a slash`);
    if (!METHODS.includes(method)) found.push(`${name}: no such method`);
    found.push(...parameterViolations(name, path, operation), ...responseViolations(name, operation));
  }
  return [...found, ...schemaViolations(document)];
}

function operationsOf(document: Document) {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      path,
      method,
      operation,
    })),
  );
}

function parameterViolations(name: string, path: string, { parameters = [] }: Operation): string[] {
  const inPath = [...path.matchAll(/\{([^}]+)\}/g)].map(([, parameter]) => parameter);
  const declared = parameters
    .filter((parameter) => parameter.in === 'path')
    .map((parameter) => parameter.name);
  const found = inPath.every((parameter) => declared.includes(parameter ?? ''))
    ? []
    : [`${name}: path parameter`];
  if (declared.length !== inPath.length) found.push(`${name}: a path parameter that the path does not have`);
  if (parameters.some(({ schema }) => schema === undefined))
    found.push(`${name}: a parameter without schema`);
  return found;
}

function responseViolations(name: string, { responses = {} }: Operation): string[] {
  const statuses = Object.keys(responses);
  const found = statuses.some((status) => status.startsWith('2')) ? [] : [`${name}: no success`];
  if (!statuses.every((status) => /^(?:[1-5]\d\d|[1-5]XX|default)$/.test(status)))
    found.push(`${name}: status`);
  const described = Object.values(responses).every(({ description = '' }) => description !== '');
  const isDefault = Object.values(responses).some(({ description }) => description === 'Default Response');
  if (!described || isDefault) found.push(`${name}: a response that says nothing`);
  return found;
}

/** Each schema is JSON Schema 2020-12 without keywords of older drafts, and each reference leads somewhere. */
function schemaViolations(document: Document): string[] {
  const ajv = new Ajv2020({ strict: true, strictTypes: false });
  for (const [name, schema] of Object.entries(document.components?.schemas ?? {}))
    ajv.addSchema(withIds(schema), name, false, false);
  return schemasIn(document).flatMap((schema) => {
    const text = JSON.stringify(schema);
    try {
      ajv.compile(withIds(schema));
      return text.includes('"nullable"') ? ['nullable is gone since 3.1'] : [];
    } catch (error) {
      return [`schema: ${String(error)}`];
    }
  });
}

/** The components as the names under which the validator knows them. */
function withIds(schema: Json): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components/schemas/', '"')) as object;
}

function schemasIn(value: unknown): Json[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    if (name === 'schema') return [inner as Json];
    if (name === 'schemas') return Object.values(inner as Record<string, Json>);
    return schemasIn(inner);
  });
}

/** The routes that the table of docs/api.md names, as `GET /path`. */
function documentedRoutes(): string[] {
  const text = readFileSync(new URL('../../../../docs/api.md', import.meta.url), 'utf8');
  return [...text.matchAll(/^\| `([A-Z]+ \/[^`]*)`/gm)].map(([, route]) => route ?? '');
}

describe('the OpenAPI document', () => {
  let h: ApiHarness;
  let document: Document;

  beforeAll(async () => {
    h = await startApi();
    document = (await h.get<Document>('/openapi.json')).body;
  });
  afterAll(() => h.api.stop());

  it('breaks no rule of OpenAPI 3.1', () => {
    expect(violations(document)).toEqual([]);
  });

  it('would be found to break one', () => {
    const broken: Document = {
      openapi: '3.0.3',
      paths: {
        'v1/x/{id}': {
          get: { responses: { 200: { description: 'Default Response' } } },
          fetch: { operationId: 'a', responses: {}, parameters: [{ name: 'q', in: 'query' }] },
        },
      },
      components: {
        schemas: {
          Old: { type: 'string', nullable: true },
          Lost: { $ref: '#/components/schemas/Missing' },
          Wrong: { type: 'strnig' },
        },
      },
    };
    const found = violations(broken).join('\n');
    for (const rule of [
      'not 3.1',
      'info',
      'operationIds',
      'slash',
      'method',
      'path parameter',
      'without schema',
    ])
      expect(found).toContain(rule);
    for (const rule of ['no success', 'says nothing', 'nullable', 'Missing', 'allowed values'])
      expect(found).toContain(rule);
  });

  it('names the routes of docs/api.md, each of them and no other', () => {
    const described = operationsOf(document).map(({ name }) => name);
    expect(new Set(described)).toEqual(new Set(documentedRoutes()));
  });

  it('the root names the same routes', async () => {
    const { body } = await h.get<{ routes: { method: string; path: string }[] }>('/');
    const named = body.routes.map(({ method, path }) => `${method} ${path}`);
    expect(new Set(named)).toEqual(new Set(operationsOf(document).map(({ name }) => name)));
  });

  it('every documented route is served', async () => {
    const answered = await Promise.all(
      documentedRoutes().map(async (route) => {
        const [method = '', path = ''] = route.split(' ');
        const url = `${h.url}${path.replace('{id}', '00'.repeat(32)).replace('{height}', '1')}`;
        const abort = new AbortController();
        const response = await fetch(url, { method, signal: abort.signal });
        const isJson = response.headers.get('content-type')?.includes('json') === true;
        const code = isJson ? ((await response.json()) as { code?: string }).code : undefined;
        abort.abort();
        return [route, code === 'ROUTE_NOT_FOUND'];
      }),
    );
    expect(answered).toEqual(documentedRoutes().map((route) => [route, false]));
  });

  it('a schema that lacks a field of its type does not compile', () => {
    const lacking = Type.Object({ first: Type.Integer() });
    // @ts-expect-error: `second` is missing.
    expect(schemaOf<{ first: number; second: string }>()(lacking)).toBeDefined();
  });
});
