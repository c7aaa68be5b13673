// Owns: what each simulated link suffers now: the sum of all effects that stand, so that one fault's undo leaves the others
// as they are. Does not own: which faults have which effects (injectors/).
import type { Hex32 } from '@consilium/core';
import { type Cluster, GOOD_LINK, type LinkFault } from '@consilium/sim';

export interface LinkEffect extends Partial<LinkFault> {
  readonly from: Hex32;
  readonly to: Hex32;
  /** Both sides see the connection end, and none can be made. */
  readonly disconnected?: boolean;
}

export interface LinkBoard {
  /** Returns what takes the effects away again. */
  add(effects: readonly LinkEffect[]): () => void;
}

export function createLinkBoard({ net }: Cluster): LinkBoard {
  const standing = new Set<LinkEffect>();

  const review = (from: Hex32, to: Hex32): void => {
    const effects = [...standing].filter((each) => each.from === from && each.to === to);
    net.setLink(from, to, sumOf(effects));
    const isApart = (each: LinkEffect): boolean =>
      each.disconnected === true &&
      ((each.from === from && each.to === to) || (each.from === to && each.to === from));
    net.setConnected(from, to, ![...standing].some(isApart));
  };

  return {
    add: (effects) => {
      for (const effect of effects) standing.add(effect);
      for (const { from, to } of effects) review(from, to);
      return () => {
        for (const effect of effects) standing.delete(effect);
        for (const { from, to } of effects) review(from, to);
      };
    },
  };
}

function sumOf(effects: readonly LinkEffect[]): LinkFault {
  const sum = { ...GOOD_LINK };
  for (const effect of effects) {
    sum.delayUsMin += effect.delayUsMin ?? 0;
    sum.delayUsMax += effect.delayUsMax ?? effect.delayUsMin ?? 0;
    sum.loss = either(sum.loss, effect.loss);
    sum.reorder = either(sum.reorder, effect.reorder);
    sum.duplicate = either(sum.duplicate, effect.duplicate);
    sum.cut ||= effect.cut === true;
    sum.stalled ||= effect.stalled === true;
    sum.bytesPerSecond = Math.min(sum.bytesPerSecond, effect.bytesPerSecond ?? Number.POSITIVE_INFINITY);
  }
  return sum;
}

/** Of two independent chances, that one of them comes true. */
function either(a: number, b = 0): number {
  return 1 - (1 - a) * (1 - b);
}
