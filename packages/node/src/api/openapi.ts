// Owns: the description of the API as an OpenAPI 3.1 document, made of the routes' own schemas.
import { fastifySwagger } from '@fastify/swagger';
import { Type } from 'typebox';
import { once } from '../queries/index.ts';
import { problems } from './schemas.ts';
import type { ApiServer } from './server.ts';

export const API_VERSION = '1.0.0';

const INFO = {
  title: 'Consilium node',
  version: API_VERSION,
  description:
    'One hospital’s node of a Consilium ledger. Bytes are lower-case hex, times are milliseconds since the epoch. ' +
    'Trust no node: every answer about the ledger can be checked against certificate and proof.',
  license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
} as const;

/** A token, a client certificate, or nothing where the node is open to its machine. */
const SECURITY = [{ token: [] }, { certificate: [] }, {}];

const SECURITY_SCHEMES = {
  token: { type: 'http', scheme: 'bearer', description: 'a token of this node: consilium token add' },
  certificate: { type: 'mutualTLS', description: 'a client certificate that the node lists' },
} as const;

/** To be called before the routes are registered: only later ones are described. */
export async function describeRoutes(server: ApiServer): Promise<void> {
  await server.register(fastifySwagger, {
    openapi: { openapi: '3.1.0', info: INFO, servers: [{ url: '/' }] },
  });
}

export function openapiRoute(server: ApiServer): void {
  const document = once(() => withComponents(server.swagger()));
  server.get(
    '/openapi.json',
    {
      config: { role: 'reader' },
      schema: {
        operationId: 'getOpenapi',
        summary: 'This API as an OpenAPI 3.1 document',
        response: {
          200: Type.Unsafe<object>({
            type: 'object',
            additionalProperties: true,
            description: 'the document',
          }),
          ...problems,
        },
      },
    },
    async (_request, reply) => reply.type('application/json').send(document()),
  );
}

/** The document with every titled schema moved to the components, where it stands once. */
function withComponents(document: object): object {
  const schemas: Record<string, unknown> = {};
  const moved = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(moved);
    if (typeof value !== 'object' || value === null) return value;
    const copy = Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, moved(inner)]));
    const title = copy['title'];
    if (typeof title !== 'string' || !('type' in copy)) return copy;
    schemas[title] = copy;
    return { $ref: `#/components/schemas/${title}` };
  };
  const rest = moved(document) as object;
  return { ...rest, security: SECURITY, components: { schemas, securitySchemes: SECURITY_SCHEMES } };
}
