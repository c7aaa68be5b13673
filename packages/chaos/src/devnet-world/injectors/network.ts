// Owns: faults of the network on a devnet: which links suffer what.
import {
  around,
  besideRing,
  betweenHalves,
  betweenHalvesButBridge,
  outOf,
  type Shape,
} from '../../faults/shapes.ts';
import type { Injection, Undo } from '../../run/world.ts';
import { type DevnetContext, type Inject, type Injectors, nothingToUndo } from '../injector.ts';
import type { LaneFault } from '../lane.ts';

const CUT: LaneFault = { hold: 'cut' };

export const NETWORK_FAULTS: Injectors = {
  isolate: on(around, () => CUT),
  halves: on(betweenHalves, () => CUT),
  ring: on(besideRing, () => CUT),
  bridge: on(betweenHalvesButBridge, () => CUT),
  'one-way': on(outOf, () => CUT),
  flapping: (context, injection) => flap(context, injection),
  disconnect: on(around, () => ({ refuse: true })),
  delay: on(around, ({ ms }) => ({ delayMs: Number(ms) })),
  jitter: on(around, ({ ms }) => ({ jitterMs: Number(ms) })),
  stall: on(around, () => ({ hold: 'stall' })),
  reset: ({ mesh, nodes }, { targets }) => {
    mesh.reset(around(namesOf(nodes), targets));
    return nothingToUndo;
  },
  bandwidth: on(around, ({ bytes_per_second: bytes }) => ({ bytesPerSecond: Number(bytes) })),
  corrupt: on(outOf, ({ chance }) => ({ corruptChance: Number(chance) })),
};

function namesOf(nodes: DevnetContext['nodes']): readonly string[] {
  return nodes.map(({ name }) => name);
}

function on(shape: Shape, faultOf: (params: Injection['params']) => LaneFault): Inject {
  return ({ mesh, nodes }, { targets, params }) =>
    mesh.impose(shape(namesOf(nodes), targets), faultOf(params));
}

/** Half of each period it is cut off. */
function flap(context: DevnetContext, injection: Injection): Undo {
  const halfMs = Number(injection.params['period']) / 2;
  let undo: Undo | undefined;
  let cancel: Undo = nothingToUndo;
  const turn = (): void => {
    if (undo === undefined) undo = on(around, () => CUT)(context, injection);
    else {
      undo();
      undo = undefined;
    }
    cancel = context.after(halfMs, turn);
  };
  turn();
  return () => {
    cancel();
    undo?.();
  };
}
