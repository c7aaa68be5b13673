// Owns: handing in transactions: one (with or without waiting for its commit) or many. Does not own: whether one is
// let in (replica and mempool).
import { type ConsiliumError, fromHex, type Hex32, hashHex, TX_BYTES_MAX } from '@consilium/core';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { SubmitOutcome } from '../../mempool/outcomes.ts';
import { type CommittedTx, committedTx } from '../../queries/index.ts';
import { type RouteContext, withSnapshot } from '../context.ts';
import {
  ITEMS_PER_COST,
  TX_BODY_BYTES_MAX,
  TXS_BODY_BYTES_MAX,
  TXS_PER_REQUEST_MAX,
  WAIT_DEFAULT_MS,
  WAIT_MAX_MS,
} from '../limits.ts';
import { ApiRefusal } from '../problems.ts';
import { errorCode, errorData, height, hex32, hexText, problems, resultCode } from '../schemas.ts';
import type { ApiServer } from '../server.ts';

const txHex = hexText(TX_BYTES_MAX, 'signed transaction: canonical payload and its 64-byte signature');
const received = Type.Object(
  { id: hex32, state: Type.Literal('received') },
  { description: 'received at this node; it may still be lost' },
);
const committed = Type.Object(
  {
    id: hex32,
    state: Type.Literal('committed'),
    height,
    index: Type.Integer({ minimum: 0 }),
    code: resultCode,
  },
  { description: "committed, and durable in this node's store" },
);
const refused = Type.Object({
  id: hex32,
  state: Type.Literal('refused'),
  code: errorCode,
  data: errorData,
  retryAfterMs: Type.Optional(Type.Integer({ minimum: 0 })),
});

const submitSchema = {
  operationId: 'submitTx',
  summary: 'Hand in one signed transaction; wait=committed answers when it is committed',
  querystring: Type.Object(
    {
      wait: Type.Optional(Type.Literal('committed')),
      timeoutMs: Type.Optional(Type.Integer({ minimum: 1, maximum: WAIT_MAX_MS, default: WAIT_DEFAULT_MS })),
    },
    { additionalProperties: false },
  ),
  body: {
    content: {
      'application/octet-stream': {
        schema: Type.Unsafe<Uint8Array>({ description: 'the bytes as they are' }),
      },
      'application/json': { schema: Type.Object({ tx: txHex }, { additionalProperties: false }) },
    },
  },
  response: { 200: committed, 202: received, ...problems },
};

const submitManySchema = {
  operationId: 'submitTxs',
  summary: 'Hand in many signed transactions; each has its own outcome',
  body: Type.Object(
    { txs: Type.Array(txHex, { minItems: 1, maxItems: TXS_PER_REQUEST_MAX }) },
    { additionalProperties: false },
  ),
  response: {
    202: Type.Object(
      {
        outcomes: Type.Array(Type.Union([received, refused]), { description: 'in the order of the request' }),
      },
      { description: 'received or refused, each for itself' },
    ),
    ...problems,
  },
};

export function submitRoutes(server: ApiServer, context: RouteContext): void {
  server.post(
    '/v1/tx',
    { schema: submitSchema, bodyLimit: TX_BODY_BYTES_MAX, config: { role: 'submitter' } },
    async (request, reply) => {
      const tx = bodyBytes(request.body);
      const { wait, timeoutMs = WAIT_DEFAULT_MS } = request.query;
      if (wait === undefined) {
        refuseUnlessReceived(await submit(context, tx));
        return reply.code(202).send({ id: hashHex(tx), state: 'received' });
      }
      const place = await submitAndWait(context, request, tx, timeoutMs);
      return reply.code(200).send({ id: hashHex(tx), state: 'committed', ...place });
    },
  );

  server.post(
    '/v1/txs',
    { schema: submitManySchema, bodyLimit: TXS_BODY_BYTES_MAX, config: { role: 'submitter' } },
    async (request, reply) => {
      const { txs } = request.body;
      context.charge(request, Math.floor(txs.length / ITEMS_PER_COST));
      const outcomes = await Promise.all(
        txs.map(async (hex) => {
          const tx = fromHex(hex);
          return toAnswer(hashHex(tx), await submit(context, tx));
        }),
      );
      return reply.code(202).send({ outcomes });
    },
  );
}

/** The validated body: bytes, or an object with them as hex. */
function bodyBytes(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return new Uint8Array(body.buffer, body.byteOffset, body.length);
  // Without a body there is no media type, and nothing was validated.
  if (body === undefined || body === null)
    throw new ApiRefusal('REQUEST_INVALID', { where: 'body', rule: 'required' });
  return fromHex((body as { tx: string }).tx);
}

function submit({ deps }: RouteContext, tx: Uint8Array): Promise<SubmitOutcome> {
  return new Promise((resolve) => deps.submit(tx, resolve));
}

function refuseUnlessReceived(outcome: SubmitOutcome): void {
  if (outcome.state === 'refused')
    throw new ApiRefusal(outcome.code, outcome.data, undefined, outcome.retryAfterMs);
}

/** The waiter is there before the transaction is: a commit between the two would be missed. */
async function submitAndWait(
  context: RouteContext,
  request: FastifyRequest,
  tx: Uint8Array,
  timeoutMs: number,
): Promise<CommittedTx> {
  const id = hashHex(tx);
  const waiter = context.waiters.add(id, timeoutMs);
  request.raw.socket.once('close', waiter.cancel);
  try {
    const outcome = await submit(context, tx);
    if (outcome.state === 'refused') {
      // Handed in again, as clients do after a timeout: what it asks for has happened.
      const place = await withSnapshot(context, (reader) => committedTx(reader, context.blocks, id));
      if (place !== undefined) return place;
    }
    refuseUnlessReceived(outcome);
    return await waiter.committed;
  } finally {
    waiter.cancel();
    request.raw.socket.off('close', waiter.cancel);
  }
}

type Answer =
  | { id: Hex32; state: 'received' }
  | {
      id: Hex32;
      state: 'refused';
      code: ConsiliumError['code'];
      data: ConsiliumError['data'];
      retryAfterMs?: number;
    };

function toAnswer(id: Hex32, outcome: SubmitOutcome): Answer {
  if (outcome.state === 'received') return { id, state: 'received' };
  const { state, code, data = {}, retryAfterMs } = outcome;
  return { id, state, code, data, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}
