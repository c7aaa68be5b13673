// Owns: faults of the wall clock on a devnet: the daemon's own clock is shifted, the machine's stays as it is.
import { each, type Injectors, order } from '../injector.ts';

export const CLOCK_FAULTS: Injectors = {
  'clock-jump': each((context, node, { params }) =>
    order(context, node, { kind: 'clock-jump', offsetMs: Number(params['ms']) }),
  ),
  'clock-drift': each((context, node, { params }) =>
    order(context, node, {
      kind: 'clock-drift',
      drift: { sinceMs: Date.now(), percent: Number(params['percent']) },
    }),
  ),
  'clock-freeze': each((context, node) => order(context, node, { kind: 'clock-freeze', atMs: Date.now() })),
};
