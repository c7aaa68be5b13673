// Owns: /v1/admin/why: why there is no block, by what this node sees. Does not own: the facts and their words.
import { Type } from 'typebox';
import type { RouteContext } from '../context.ts';
import { problems } from '../schemas.ts';
import type { ApiServer } from '../server.ts';

const whySchema = {
  operationId: 'getWhy',
  summary: 'In one sentence why there is no block, and the facts behind it (not proven)',
  response: {
    200: Type.Unsafe<object>({
      type: 'object',
      additionalProperties: true,
      required: ['code', 'answer', 'readiness'],
      properties: {
        code: { type: 'string', description: 'stable name of the answer' },
        answer: { type: 'string', description: 'one sentence' },
        readiness: { type: 'object', additionalProperties: true, description: 'as /readyz says it' },
      },
      description: 'the answer, and round, votes, links, clocks, timers and disk as this node sees them',
    }),
    ...problems,
  },
};

export function whyRoutes(server: ApiServer, { deps }: RouteContext): void {
  server.get('/v1/admin/why', { schema: whySchema, config: { role: 'operator' } }, async () => ({
    ...deps.why(),
  }));
}
