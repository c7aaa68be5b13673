// Owns: /v1/admin/caller. Every route under /v1/admin/ is the operator's: it needs a token, wherever the API listens.
import { Type } from 'typebox';
import { ROLES } from '../roles.ts';
import { problems, word } from '../schemas.ts';
import type { ApiServer } from '../server.ts';

const callerSchema = {
  operationId: 'getCaller',
  summary: 'Whose token this request carries',
  response: {
    200: Type.Object(
      { name: Type.String(), role: word(...ROLES) },
      { description: 'name and role of the token' },
    ),
    ...problems,
  },
};

export function adminRoutes(server: ApiServer): void {
  server.get('/v1/admin/caller', { schema: callerSchema, config: { role: 'operator' } }, async (request) => ({
    ...request.caller,
  }));
}
