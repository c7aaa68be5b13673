// Owns: the list of all routes.
import type { RouteContext } from '../context.ts';
import type { ApiServer } from '../server.ts';
import { adminRoutes } from './admin.ts';
import { blockRoutes } from './blocks.ts';
import { custodyRoutes } from './custody.ts';
import { eventRoutes } from './events.ts';
import { lightRoutes } from './light.ts';
import { rootRoute } from './root.ts';
import { stateRoutes } from './state.ts';
import { statusRoutes } from './status.ts';
import { submitRoutes } from './submit.ts';
import { transactionRoutes } from './transactions.ts';
import { whyRoutes } from './why.ts';

export function registerRoutes(server: ApiServer, context: RouteContext): void {
  rootRoute(server, context);
  statusRoutes(server, context);
  submitRoutes(server, context);
  transactionRoutes(server, context);
  blockRoutes(server, context);
  lightRoutes(server, context);
  stateRoutes(server, context);
  eventRoutes(server, context);
  custodyRoutes(server, context);
  adminRoutes(server, context);
  whyRoutes(server, context);
}
