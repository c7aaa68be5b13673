// Owns: what doing a fault in the simulator is: a function from the cluster and the injection to its undo. One file for
// each class of faults (injectors/).
import type { Cluster, SimNode } from '@consilium/sim';
import type { FaultName } from '../faults/names.ts';
import type { History } from '../history/history.ts';
import type { Injection, Undo } from '../run/world.ts';

export interface SimContext {
  readonly cluster: Cluster;
  readonly history: History;
  /** `n1`, ..., `g1`, ... */
  readonly nodeOf: (name: string) => SimNode;
}

export type Inject = (context: SimContext, injection: Injection) => Undo;
export type Injectors = Readonly<Partial<Record<FaultName, Inject>>>;
