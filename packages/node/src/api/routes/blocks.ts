// Owns: blocks by height and pages of headers, each with its commit certificate.
import { toHex } from '@consilium/core';
import { Type } from 'typebox';
import { certificateAt, headerPage } from '../../queries/index.ts';
import { type RouteContext, withSnapshot } from '../context.ts';
import {
  COST_PAGE,
  COST_PROOF,
  HEADER_PAGE_BLOCK_BYTES_MAX,
  HEADERS_PER_PAGE_DEFAULT,
  HEADERS_PER_PAGE_MAX,
} from '../limits.ts';
import { ApiRefusal } from '../problems.ts';
import { certificate, header, height, hex32, hexAnswer, nullable, problems } from '../schemas.ts';
import type { ApiServer } from '../server.ts';

const blockSchema = {
  operationId: 'getBlock',
  summary: 'One block, encoded, with its commit certificate',
  params: Type.Object({ height }),
  response: {
    200: Type.Object(
      { block: hexAnswer('encoded block'), certificate },
      { description: 'the block and what decided it' },
    ),
    ...problems,
  },
};

const pageSchema = {
  operationId: 'getBlocks',
  summary: 'Headers from a height upwards; `next` is the `from` of the next page',
  querystring: Type.Object(
    {
      from: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, default: 1 })),
      limit: Type.Optional(
        Type.Integer({ minimum: 1, maximum: HEADERS_PER_PAGE_MAX, default: HEADERS_PER_PAGE_DEFAULT }),
      ),
    },
    { additionalProperties: false },
  ),
  response: {
    200: Type.Object(
      {
        headers: Type.Array(Type.Object({ id: hex32, header, certificate })),
        next: nullable(height),
      },
      { description: 'ascending; fewer than asked for at the tip or where blocks are large' },
    ),
    ...problems,
  },
};

export function blockRoutes(server: ApiServer, context: RouteContext): void {
  server.get(
    '/v1/blocks/:height',
    { schema: blockSchema, config: { role: 'reader', cost: COST_PROOF } },
    async (request) =>
      withSnapshot(context, (reader) => {
        const { height } = request.params;
        const stored = context.blocks(reader, height);
        const found = certificateAt(reader, context.blocks, height);
        if (stored === undefined || found === undefined)
          throw new ApiRefusal('BLOCK_NOT_FOUND', { height, tip: reader.height });
        return { block: toHex(stored.bytes), certificate: found };
      }),
  );

  server.get(
    '/v1/blocks',
    { schema: pageSchema, config: { role: 'reader', cost: COST_PAGE } },
    async (request) => {
      const { from = 1, limit = HEADERS_PER_PAGE_DEFAULT } = request.query;
      const page = await withSnapshot(context, (reader) =>
        headerPage(reader, context.blocks, from, limit, HEADER_PAGE_BLOCK_BYTES_MAX),
      );
      return { headers: [...page.headers], next: page.next };
    },
  );
}
