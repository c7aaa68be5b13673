// Owns: what doing a fault in the simulator is: a function from the world and the injection to its undo. One file for each
// class of faults (injectors/).
import type { Cluster, SimNode } from '@consilium/sim';
import type { FaultName } from '../faults/names.ts';
import type { History } from '../history/history.ts';
import type { Injection, Undo } from '../run/world.ts';
import type { Hands } from './hands.ts';
import type { LinkBoard } from './link-board.ts';

export interface SimContext {
  readonly cluster: Cluster;
  readonly history: History;
  readonly links: LinkBoard;
  readonly hands: Hands;
  /** `n1`, ..., `g1`, ... */
  readonly nodeOf: (name: string) => SimNode;
}

export type Inject = (context: SimContext, injection: Injection) => Undo;
export type Injectors = Readonly<Partial<Record<FaultName, Inject>>>;

export const nothingToUndo: Undo = () => undefined;

/** Does the same to each target; the undo undoes all. */
export function each(inject: (context: SimContext, node: SimNode, injection: Injection) => Undo): Inject {
  return (context, injection) => {
    const undos = injection.targets.map((name) => inject(context, context.nodeOf(name), injection));
    return () => {
      for (const undo of undos.toReversed()) undo();
    };
  };
}
