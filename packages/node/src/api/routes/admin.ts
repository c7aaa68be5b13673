// Owns: what an operator or auditor asks of the API itself: whose token this is, and what was done with such tokens. A
// route under /v1/admin/ needs a token, wherever the API listens.
import { Type } from 'typebox';
import type { RouteContext } from '../context.ts';
import { ADMIN_LINES_PER_PAGE_DEFAULT, ADMIN_LINES_PER_PAGE_MAX, COST_PAGE } from '../limits.ts';
import { ANONYMOUS, ROLES } from '../roles.ts';
import { errorData, hex32, nullable, problems, timeMs, word } from '../schemas.ts';
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

const seq = Type.Unsafe<number>(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }));

const logSchema = {
  operationId: 'getAdminLog',
  summary: 'What was done with the tokens of this node, oldest first; `next` is the `from` of the next page',
  querystring: Type.Object(
    {
      from: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, default: 1 })),
      limit: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: ADMIN_LINES_PER_PAGE_MAX,
          default: ADMIN_LINES_PER_PAGE_DEFAULT,
        }),
      ),
    },
    { additionalProperties: false },
  ),
  response: {
    200: Type.Object(
      {
        mark: Type.Object(
          { first: Type.Integer({ minimum: 0 }), seq: Type.Integer({ minimum: 0 }), hash: hex32 },
          { description: 'first line kept, last line and its hash, as the store knows them' },
        ),
        lines: Type.Array(
          Type.Object({
            seq,
            at: timeMs,
            by: Type.String(),
            role: Type.String(),
            action: Type.String(),
            outcome: Type.String({ description: '`begun`, `done`, or the code of the refusal' }),
            facts: errorData,
            previous: hex32,
            hash: hex32,
          }),
        ),
        next: nullable(seq),
      },
      { description: 'each line is chained to the one before by its hash' },
    ),
    ...problems,
  },
};

const snapshotSchema = {
  operationId: 'makeSnapshot',
  summary: 'Makes a snapshot of the state, from which a new hospital can begin; answers when it is kept',
  response: {
    200: Type.Object(
      {
        height: Type.Unsafe<number>(Type.Integer({ minimum: 1 })),
        chunks: Type.Integer({ minimum: 1 }),
        rows: Type.Integer({ minimum: 0 }),
        bytes: Type.Integer({ minimum: 0 }),
      },
      { description: 'of which height, and how large' },
    ),
    ...problems,
  },
};

const backupSchema = {
  operationId: 'makeBackup',
  summary: "Makes a backup without keys in a new folder of the node's machine; answers when it is whole",
  body: Type.Object(
    {
      out: Type.String({
        pattern: '^/',
        maxLength: 4_096,
        description: 'absolute path of the folder to make',
      }),
    },
    { additionalProperties: false },
  ),
  response: {
    200: Type.Object(
      {
        out: Type.String(),
        height: Type.Integer({ minimum: 0 }),
        rows: Type.Integer({ minimum: 0 }),
        blobs: Type.Integer({ minimum: 0 }),
        bytes: Type.Integer({ minimum: 0 }),
      },
      { description: 'of which height, and how large' },
    ),
    ...problems,
  },
};

export function adminRoutes(server: ApiServer, { deps }: RouteContext): void {
  server.get('/v1/admin/caller', { schema: callerSchema, config: { role: 'operator' } }, async (request) => {
    const { name = ANONYMOUS, role = 'reader' } = request.caller ?? {};
    return { name, role };
  });

  const making = { role: 'operator', action: 'snapshot.create' } as const;
  server.post('/v1/admin/snapshot', { schema: snapshotSchema, config: making }, async (request) => {
    const made = await deps.makeSnapshot();
    request.facts = { ...made };
    return made;
  });

  const backing = { role: 'operator', action: 'backup.create' } as const;
  server.post('/v1/admin/backup', { schema: backupSchema, config: backing }, async (request) => {
    const made = await deps.makeBackup(request.body.out);
    request.facts = { height: made.height, rows: made.rows, blobs: made.blobs, bytes: made.bytes };
    return made;
  });

  const config = { role: 'auditor', cost: COST_PAGE } as const;
  server.get('/v1/admin/log', { schema: logSchema, config }, async (request) => {
    const { from = 1, limit = ADMIN_LINES_PER_PAGE_DEFAULT } = request.query;
    const lines = [...(await deps.adminLog.read(from, limit))];
    const mark = deps.adminLog.head();
    const last = lines.at(-1)?.seq ?? mark.seq;
    return { mark, lines, next: last < mark.seq ? last + 1 : null };
  });
}
