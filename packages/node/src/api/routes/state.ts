// Owns: proven values of the ledger state at the tip.
import { fromHex, toHex } from '@consilium/core';
import { Type } from 'typebox';
import { type ChainReader, signedHeaderAt, stateEntry } from '../../queries/index.ts';
import { type RouteContext, withSnapshot } from '../context.ts';
import { ITEMS_PER_COST, STATE_BODY_BYTES_MAX, STATE_KEY_BYTES_MAX, STATE_KEYS_MAX } from '../limits.ts';
import { ApiRefusal } from '../problems.ts';
import {
  certificate,
  header,
  heightOrZero,
  hexAnswer,
  hexText,
  nullable,
  problems,
  stateProof,
} from '../schemas.ts';
import type { ApiServer } from '../server.ts';

const table = Type.Integer({ minimum: 0, maximum: 255, description: 'number of the ledger table' });

const schema = {
  operationId: 'queryState',
  summary: 'Values of the ledger state at the tip, each with proof of presence or absence, from one snapshot',
  body: Type.Object(
    {
      keys: Type.Array(
        Type.Object(
          { table, key: hexText(STATE_KEY_BYTES_MAX, 'ledger key') },
          { additionalProperties: false },
        ),
        { minItems: 1, maxItems: STATE_KEYS_MAX },
      ),
      minHeight: Type.Optional(heightOrZero),
    },
    { additionalProperties: false },
  ),
  response: {
    200: Type.Object(
      {
        header,
        certificate,
        entries: Type.Array(
          Type.Object({
            table,
            key: hexAnswer('ledger key'),
            value: nullable(hexAnswer('value; null is absent')),
            proof: stateProof,
          }),
          { description: 'in the order of the keys' },
        ),
      },
      { description: 'all of one block, the tip' },
    ),
    ...problems,
  },
};

export function stateRoutes(server: ApiServer, context: RouteContext): void {
  server.post(
    '/v1/state',
    { schema, bodyLimit: STATE_BODY_BYTES_MAX, config: { role: 'reader' } },
    async (request) => {
      const { keys, minHeight = 0 } = request.body;
      context.charge(request, Math.floor(keys.length / ITEMS_PER_COST));
      return withSnapshot(context, (reader) => {
        refuseStale(reader, minHeight);
        const signed = signedHeaderAt(reader, context.blocks, reader.height);
        if (signed === undefined) throw new ApiRefusal('CHAIN_EMPTY');
        const entries = keys.map(({ table, key }) => {
          const { value, proof } = stateEntry(reader, { table, key: fromHex(key) });
          return { table, key, value: value === null ? null : toHex(value), proof };
        });
        return { ...signed, entries };
      });
    },
  );
}

function refuseStale(reader: ChainReader, minHeight: number): void {
  if (reader.height < minHeight) throw new ApiRefusal('STALE', { tip: reader.height, minHeight });
}
