// Owns: the way of a light client from a height it trusts to the tip.
import { Type } from 'typebox';
import { lightSteps } from '../../queries/index.ts';
import { type RouteContext, withSnapshot } from '../context.ts';
import { COST_PAGE, LIGHT_STEPS_PER_PAGE_MAX } from '../limits.ts';
import { certificate, header, height, hex32, nullable, problems } from '../schemas.ts';
import type { ApiServer } from '../server.ts';

const schema = {
  operationId: 'getLight',
  summary: 'Headers that announce another validator set after a height, and finally the tip',
  querystring: Type.Object(
    { from: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 })) },
    { additionalProperties: false },
  ),
  response: {
    200: Type.Object(
      {
        steps: Type.Array(
          Type.Object({
            header,
            certificate,
            nextValidators: Type.Union(
              [
                Type.Array(Type.Object({ id: hex32, key: hex32, power: Type.Integer({ minimum: 1 }) })),
                Type.Null(),
              ],
              { description: 'the set of the next height where the header announces another one; else null' },
            ),
          }),
        ),
        next: nullable(height),
      },
      { description: 'steps to check in order; when `next` is a height, ask again from there' },
    ),
    ...problems,
  },
};

export function lightRoutes(server: ApiServer, context: RouteContext): void {
  server.get('/v1/light', { schema, config: { role: 'reader', cost: COST_PAGE } }, async (request) => {
    const { from = 0 } = request.query;
    const page = await withSnapshot(context, (reader) =>
      lightSteps(reader, context.blocks, from, LIGHT_STEPS_PER_PAGE_MAX),
    );
    const steps = page.steps.map(({ nextValidators, ...signed }) => ({
      ...signed,
      nextValidators: nextValidators === null ? null : [...nextValidators],
    }));
    return { steps, next: page.next };
  });
}
