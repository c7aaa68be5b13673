// Owns: what became of a transaction, with its proof when asked. Does not own: handing one in (submit.ts).
import { toHex } from '@consilium/core';
import { Type } from 'typebox';
import { committedTx, proveTx } from '../../queries/index.ts';
import { type RouteContext, withSnapshot } from '../context.ts';
import { COST_PROOF } from '../limits.ts';
import {
  certificate,
  header,
  height,
  hex32,
  hexAnswer,
  merkleProof,
  problems,
  resultCode,
  word,
} from '../schemas.ts';
import type { ApiServer } from '../server.ts';

const schema = {
  operationId: 'getTx',
  summary: 'What became of a transaction; proof=1 adds what proves it',
  params: Type.Object({ id: hex32 }),
  querystring: Type.Object({ proof: Type.Optional(Type.Literal('1')) }, { additionalProperties: false }),
  response: {
    200: Type.Object(
      {
        id: hex32,
        state: word('pending', 'committed', 'refused', 'unknown'),
        height: Type.Optional(height),
        index: Type.Optional(Type.Integer({ minimum: 0 })),
        code: Type.Optional(resultCode),
        base: Type.Optional(height),
        tx: Type.Optional(hexAnswer('the transaction as it stands in the block')),
        header: Type.Optional(header),
        certificate: Type.Optional(certificate),
        txProof: Type.Optional(merkleProof),
        result: Type.Optional(hexAnswer('encoded result')),
        resultProof: Type.Optional(merkleProof),
      },
      {
        description:
          'place and code when committed, code when refused, base when unknown: no block from there on has it; the rest is the proof',
      },
    ),
    ...problems,
  },
};

export function transactionRoutes(server: ApiServer, context: RouteContext): void {
  server.get('/v1/tx/:id', { schema, config: { role: 'reader' } }, async (request) => {
    const { id } = request.params;
    if (request.query.proof === '1') context.charge(request, COST_PROOF);
    // The pool is asked first: what it lets go of in between is committed, and found in the store.
    const pool = context.deps.txState(id);
    const found = await withSnapshot(context, (reader) => {
      const place = committedTx(reader, context.blocks, id);
      if (place === undefined) return { base: reader.base };
      const proof = request.query.proof === '1' ? proveTx(reader, context.blocks, id) : undefined;
      return {
        state: 'committed' as const,
        ...place,
        ...(proof && { ...proof, tx: toHex(proof.tx), result: toHex(proof.result) }),
      };
    });
    if ('state' in found) return { id, ...found };
    return { id, ...pool, ...(pool.state === 'unknown' ? found : {}) };
  });
}
