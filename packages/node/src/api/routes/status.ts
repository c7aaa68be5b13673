// Owns: what this node says of itself (unproven), and the genesis document.
import { genesisToJson } from '@consilium/core';
import { Type } from 'typebox';
import type { RouteContext } from '../context.ts';
import { height, heightOrZero, hex32, institutionRole, problems, signingState, timeMs } from '../schemas.ts';
import type { ApiServer } from '../server.ts';

const count = Type.Integer({ minimum: 0 });

const status = Type.Object(
  {
    chainId: Type.String(),
    genesis: hex32,
    name: Type.String({ description: 'name of the institution whose node this is' }),
    institution: hex32,
    height: heightOrZero,
    base: height,
    blockId: hex32,
    stateRoot: hex32,
    time: timeMs,
    round: count,
    awake: Type.Boolean({ description: 'whether there is work at the running height' }),
    peers: Type.Array(Type.Object({ institution: hex32, name: Type.String(), connected: Type.Boolean() })),
    mempool: Type.Object({ txs: count, bytes: count }),
    synced: Type.Boolean(),
    signing: signingState,
    role: institutionRole,
    protocol: Type.Object({
      version: Type.Integer({ minimum: 1, description: 'of the next height' }),
      supported: Type.Integer({ minimum: 1, description: 'the newest that this software knows' }),
      upgrade: Type.Union([Type.Object({ height, version: Type.Integer({ minimum: 1 }) }), Type.Null()]),
    }),
  },
  { description: 'not proven: for operators and for choosing a node' },
);

export function statusRoutes(server: ApiServer, { deps }: RouteContext): void {
  const statusSchema = {
    operationId: 'getStatus',
    summary: 'Where this node stands, in its own words (not proven)',
    response: { 200: status, ...problems },
  };
  server.get('/v1/status', { schema: statusSchema, config: { role: 'reader' } }, async () => {
    const { peers, ...rest } = deps.status();
    return { ...rest, peers: [...peers] };
  });

  const genesisSchema = {
    operationId: 'getGenesis',
    summary: 'The genesis document: check its fingerprint against the one you were given',
    response: {
      200: Type.Unsafe<object>({
        type: 'object',
        additionalProperties: true,
        description: 'the genesis document',
      }),
      ...problems,
    },
  };
  const genesis = genesisToJson(deps.genesis);
  server.get('/v1/genesis', { schema: genesisSchema, config: { role: 'reader' } }, async (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(genesis as unknown as object),
  );
}
