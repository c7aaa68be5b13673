// Owns: faults of the network in the simulator: which links suffer what.
import type { Hex32 } from '@consilium/core';
import type { Inject, Injectors, SimContext } from '../injector.ts';
import { nothingToUndo } from '../injector.ts';
import type { LinkEffect } from '../link-board.ts';

type Effect = Omit<LinkEffect, 'from' | 'to'>;

const CUT: Effect = { cut: true };

export const NETWORK_FAULTS: Injectors = {
  isolate: around(() => CUT),
  disconnect: around(() => ({ disconnected: true })),
  'one-way': outwards(() => CUT),
  halves: (context) => {
    const ids = idsOf(context);
    const half = Math.ceil(ids.length / 2);
    return apart(context, (a, b) => a < half !== b < half);
  },
  ring: (context) => {
    const count = idsOf(context).length;
    return apart(context, (a, b) => ![1, count - 1].includes(Math.abs(a - b)));
  },
  bridge: (context, { targets }) => {
    const ids = idsOf(context);
    const bridges = targets.map((name) => context.nodeOf(name).id);
    const others = ids.filter((id) => !bridges.includes(id));
    const half = Math.ceil(others.length / 2);
    return apart(context, (a, b) => {
      const [placeA, placeB] = [others.indexOf(ids[a] as Hex32), others.indexOf(ids[b] as Hex32)];
      return placeA >= 0 && placeB >= 0 && placeA < half !== placeB < half;
    });
  },
  flapping: (context, injection) => {
    const periodUs = Number(injection.params['period']) * 1000;
    let active = true;
    let cut: (() => void) | undefined;
    const flap = (): void => {
      if (!active) return;
      if (cut === undefined) cut = around(() => CUT)(context, injection);
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
  delay: around(({ ms }) => ({ delayUsMin: Number(ms) * 1000 })),
  jitter: around(({ ms }) => ({ delayUsMax: Number(ms) * 1000 })),
  stall: around(() => ({ stalled: true })),
  reset: (context, injection) => {
    around(() => ({ disconnected: true }))(context, injection)();
    return nothingToUndo;
  },
  bandwidth: around(({ bytes_per_second: bytes }) => ({ bytesPerSecond: Number(bytes) })),
  drop: outwards(({ chance }) => ({ loss: Number(chance) })),
  duplicate: outwards(({ chance }) => ({ duplicate: Number(chance) })),
  reorder: outwards(({ chance }) => ({ reorder: Number(chance), delayUsMax: 2_000 })),
};

type Params = Parameters<Inject>[1]['params'];

function idsOf({ cluster }: SimContext): readonly Hex32[] {
  return cluster.nodes.map(({ id }) => id);
}

/** On every link from and to the targets. */
function around(effectOf: (params: Params) => Effect): Inject {
  return (context, { targets, params }) => {
    const inside = new Set(targets.map((name) => context.nodeOf(name).id));
    const effect = effectOf(params);
    return context.links.add(
      linksOf(context)
        .filter(({ from, to }) => inside.has(from) !== inside.has(to))
        .map((link) => ({ ...link, ...effect })),
    );
  };
}

function outwards(effectOf: (params: Params) => Effect): Inject {
  return (context, { targets, params }) => {
    const inside = new Set(targets.map((name) => context.nodeOf(name).id));
    const effect = effectOf(params);
    return context.links.add(
      linksOf(context)
        .filter(({ from }) => inside.has(from))
        .map((link) => ({ ...link, ...effect })),
    );
  };
}

/** Cuts every link whose two ends, by their places in the network, do not belong together. */
function apart(context: SimContext, isCut: (a: number, b: number) => boolean): () => void {
  const ids = idsOf(context);
  return context.links.add(
    linksOf(context)
      .filter(({ from, to }) => isCut(ids.indexOf(from), ids.indexOf(to)))
      .map((link) => ({ ...link, ...CUT })),
  );
}

function linksOf(context: SimContext): { readonly from: Hex32; readonly to: Hex32 }[] {
  const ids = idsOf(context);
  return ids.flatMap((from) => ids.filter((to) => to !== from).map((to) => ({ from, to })));
}
