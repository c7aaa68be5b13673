// Owns: faults of the network in the simulator: which links suffer what.
import {
  around,
  besideRing,
  betweenHalves,
  betweenHalvesButBridge,
  outOf,
  type Shape,
} from '../../faults/shapes.ts';
import type { Injection } from '../../run/world.ts';
import type { Inject, Injectors } from '../injector.ts';
import { nothingToUndo } from '../injector.ts';
import type { LinkEffect } from '../link-board.ts';

type Effect = Omit<LinkEffect, 'from' | 'to'>;

const CUT: Effect = { cut: true };

export const NETWORK_FAULTS: Injectors = {
  isolate: on(around, () => CUT),
  disconnect: on(around, () => ({ disconnected: true })),
  'one-way': on(outOf, () => CUT),
  halves: on(betweenHalves, () => CUT),
  ring: on(besideRing, () => CUT),
  bridge: on(betweenHalvesButBridge, () => CUT),
  flapping: (context, injection) => {
    const periodUs = Number(injection.params['period']) * 1000;
    let active = true;
    let cut: (() => void) | undefined;
    const flap = (): void => {
      if (!active) return;
      if (cut === undefined) cut = on(around, () => CUT)(context, injection);
      else {
        cut();
        cut = undefined;
      }
      context.cluster.scheduler.after(periodUs / 2, flap);
    };
    flap();
    return () => {
      active = false;
      cut?.();
    };
  },
  delay: on(around, ({ ms }) => ({ delayUsMin: Number(ms) * 1000 })),
  jitter: on(around, ({ ms }) => ({ delayUsMax: Number(ms) * 1000 })),
  stall: on(around, () => ({ stalled: true })),
  reset: (context, injection) => {
    on(around, () => ({ disconnected: true }))(context, injection)();
    return nothingToUndo;
  },
  bandwidth: on(around, ({ bytes_per_second: bytes }) => ({ bytesPerSecond: Number(bytes) })),
  drop: on(outOf, ({ chance }) => ({ loss: Number(chance) })),
  duplicate: on(outOf, ({ chance }) => ({ duplicate: Number(chance) })),
  reorder: on(outOf, ({ chance }) => ({ reorder: Number(chance), delayUsMax: 2_000 })),
};

/** On every link of the shape. */
function on(shape: Shape, effectOf: (params: Injection['params']) => Effect): Inject {
  return ({ cluster, links, nodeOf }, { targets, params }) => {
    const names = cluster.hospitals.map(({ name }) => name);
    const effect = effectOf(params);
    const touched = shape(names, targets);
    return links.add(touched.map(([from, to]) => ({ from: nodeOf(from).id, to: nodeOf(to).id, ...effect })));
  };
}
