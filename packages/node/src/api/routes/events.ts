// Owns: GET /v1/events: where a stream begins or goes on, and its head. Does not own: the writing (event-stream.ts).
import { Type } from 'typebox';
import { refusePruned } from '../../queries/index.ts';
import { type Cursor, cursorAfter } from '../chain-events.ts';
import { type RouteContext, withSnapshot } from '../context.ts';
import { COST_STREAM } from '../limits.ts';
import { ApiRefusal } from '../problems.ts';
import { problems } from '../schemas.ts';
import type { ApiServer } from '../server.ts';

const EVENT_STREAM_HEAD = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  connection: 'close',
  // Reverse proxies hold back what they buffer.
  'x-accel-buffering': 'no',
} as const;

const schema = {
  operationId: 'getEvents',
  summary: 'Commits as Server-Sent Events, resumable without gap or repeat',
  description:
    'A block gives one event `tx` per transaction (id `height.index`), then one event `block` (id `height.count`). ' +
    'The header Last-Event-ID goes on after that event; else `from` starts with that height; else the next block.',
  querystring: Type.Object(
    { from: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })) },
    { additionalProperties: false },
  ),
  headers: Type.Object({
    'last-event-id': Type.Optional(
      Type.String({ maxLength: 32, description: '`height.index` of the last event seen' }),
    ),
  }),
  response: {
    200: {
      description: 'events `tx` {id, height, index, code} and `block` {height, id, time, txs}',
      content: { 'text/event-stream': { schema: Type.String() } },
    },
    ...problems,
  },
};

export function eventRoutes(server: ApiServer, context: RouteContext): void {
  server.get(
    '/v1/events',
    { schema, config: { role: 'reader', cost: COST_STREAM } },
    async (request, reply) => {
      const cursor = await startCursor(context, request.headers['last-event-id'], request.query.from);
      context.streams.admit(request.ip);
      reply.hijack();
      reply.raw.writeHead(200, EVENT_STREAM_HEAD);
      context.streams.open(request.ip, reply.raw, cursor);
    },
  );
}

async function startCursor(
  context: RouteContext,
  lastEventId: string | undefined,
  from: number | undefined,
): Promise<Cursor> {
  if (lastEventId !== undefined && lastEventId !== '') {
    const cursor = cursorAfter(lastEventId);
    if (cursor === undefined)
      throw new ApiRefusal('REQUEST_INVALID', { where: 'headers/last-event-id', rule: 'height.index' });
    return kept(context, cursor);
  }
  if (from !== undefined) return kept(context, { height: from, index: 0 });
  return withSnapshot(context, (reader) => ({ height: reader.height + 1, index: 0 }));
}

/** Throws `BLOCK_PRUNED`: the stream would have a gap. */
function kept(context: RouteContext, cursor: Cursor): Promise<Cursor> {
  return withSnapshot(context, (reader) => {
    refusePruned(reader, cursor.height);
    return cursor;
  });
}
