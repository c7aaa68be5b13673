// Owns: faults of the process on a devnet.
import { CRASH_POINTS } from '../../faults/crash-points.ts';
import { violate } from '../../history/history.ts';
import type { Undo } from '../../run/world.ts';
import {
  type DevnetContext,
  type DevnetNode,
  each,
  type Injectors,
  nothingToUndo,
  order,
} from '../injector.ts';
import type { NodeFault } from '../node-faults.ts';

/** A write is under way at least so often while there is load; after it the machine dies without one. */
const WRITE_MS_MAX = 2_000;

export const PROCESS_FAULTS: Injectors = {
  kill: each((_context, { control }) => control.takeDown()),
  'power-cut': each((context, node, { prng }) =>
    prng.chance(0.5) ? dieTorn(context, node, prng.fraction()) : node.control.takeDown(),
  ),
  'torn-write': each((context, node, { prng }) => dieTorn(context, node, prng.fraction())),
  freeze: each((_context, { control }) => control.freeze()),
  restart: each((_context, { control }) => {
    control.restart();
    return nothingToUndo;
  }),
  'crash-point': each((context, node, { params, prng }) => {
    const point = CRASH_POINTS.find(({ name, devnet }) => devnet && name === params['point']);
    const power = params['power'] === 1;
    const torn = power && prng.chance(0.5) ? prng.fraction() : undefined;
    if (point !== undefined) return crashAt(context, node, { points: [point.name], power, torn });
    context.history.unknown.push(`the devnet has no crash point ${params['point']}`);
    return nothingToUndo;
  }),
};

function crashAt(
  context: DevnetContext,
  node: DevnetNode,
  crash: Omit<Extract<NodeFault, { kind: 'crash' }>, 'kind'>,
): Undo {
  const expected = node.control.expectEnd();
  const lift = order(context, node, { kind: 'crash', ...crash });
  return () => {
    lift();
    context.beside(`${node.name} after its crash`, async () => {
      // The order must be gone before it comes up, or it would die again.
      await node.orders.idle();
      expected();
    });
  };
}

/** At the next write of its log, of which a part is then there; when it writes nothing, it dies all the same. */
function dieTorn(context: DevnetContext, node: DevnetNode, torn: number): Undo {
  const points = ['log-asked', 'log-value-asked'] as const;
  const undoCrash = crashAt(context, node, { points, power: true, torn });
  let undoKill: Undo = nothingToUndo;
  const cancel = context.after(WRITE_MS_MAX, () => {
    undoKill = node.control.takeDown();
  });
  return () => {
    cancel();
    undoCrash();
    undoKill();
  };
}

/** Nothing that stands explains that it is not there. */
export function convictEnded(context: DevnetContext, { name, id, control }: DevnetNode, state: string): void {
  const { history } = context;
  if (control.mayBeDown || history.hostile.has(id) || history.excused.has(id)) return;
  violate(history, 'exception', `${name} ended by itself: ${state}`, { nodes: [id] });
}
