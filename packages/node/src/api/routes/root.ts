// Owns: GET /, which names what there is.
import { Type } from 'typebox';
import type { RouteContext } from '../context.ts';
import { hex32, problems } from '../schemas.ts';
import type { ApiServer } from '../server.ts';

const root = Type.Object(
  {
    name: Type.String(),
    chainId: Type.String(),
    genesis: hex32,
    institution: Type.String({ description: 'name of the hospital whose node this is' }),
    description: Type.String({ description: 'path of the OpenAPI document' }),
    routes: Type.Array(Type.Object({ method: Type.String(), path: Type.String(), summary: Type.String() })),
  },
  { description: 'names what there is' },
);

interface RouteLine {
  readonly method: string;
  readonly path: string;
  readonly summary: string;
}

export function rootRoute(server: ApiServer, { deps }: RouteContext): void {
  const schema = {
    operationId: 'getRoot',
    summary: 'What this is and which routes it has',
    response: { 200: root, ...problems },
  };
  server.get('/', { schema, config: { role: 'reader' } }, async () => {
    const { chainId, genesis, name } = deps.status();
    const routes = routeLines(server);
    return {
      name: 'Consilium node',
      chainId,
      genesis,
      institution: name,
      description: '/openapi.json',
      routes,
    };
  });
}

function routeLines(server: ApiServer): RouteLine[] {
  return Object.entries(server.swagger().paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item ?? {}).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      summary: summaryOf(operation),
    })),
  );
}

function summaryOf(operation: unknown): string {
  const isNamed = typeof operation === 'object' && operation !== null && 'summary' in operation;
  return isNamed ? String(operation.summary) : '';
}
