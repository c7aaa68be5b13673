// Owns: what doing a fault on a devnet is: a function from the world and the injection to its undo. Neither waits; what
// takes long goes on beside the scenario. One file for each class of faults (injectors/).
import type { Hex32 } from '@consilium/core';
import type { Devnet, NodeEntry } from '@consilium/devnet';
import type { FaultName } from '../faults/names.ts';
import type { History } from '../history/history.ts';
import type { TimelineEntry } from '../run/verdict.ts';
import type { Injection, Undo, Untimed } from '../run/world.ts';
import type { Mesh } from './mesh.ts';
import type { NodeControl } from './node-control.ts';
import type { NodeFault } from './node-faults.ts';
import type { NodeOrders } from './node-orders.ts';
import type { SmallDisk } from './small-disk.ts';
import type { Workload } from './workload.ts';

export interface DevnetNode {
  /** `n1`, ... */
  readonly name: string;
  readonly id: Hex32;
  readonly entry: NodeEntry;
  readonly control: NodeControl;
  readonly orders: NodeOrders;
  /** Where the machine allows one and the scenario may fill it. */
  readonly smallDisk: SmallDisk | undefined;
}

export interface DevnetContext {
  readonly devnet: Devnet;
  readonly mesh: Mesh;
  readonly nodes: readonly DevnetNode[];
  readonly history: History;
  readonly workload: Workload;
  /** Folder for what a fault leaves; it goes with the run. */
  readonly folder: string;
  readonly nodeOf: (name: string) => DevnetNode;
  /** Words for the daemon of a node, as its own starts have them. */
  readonly wordsOf: (name: string) => readonly string[];
  readonly after: (delayMs: number, fire: () => void) => () => void;
  /** Goes on beside the scenario; the run waits for it at its end, and a failure makes its outcome unknown. */
  readonly beside: (what: string, work: () => Promise<void>) => void;
  /** Into the timeline. */
  readonly say: (entry: Untimed<TimelineEntry>) => void;
  /** Done at the end of the run, however it ends. */
  readonly atEnd: (close: () => void) => void;
}

export type Inject = (context: DevnetContext, injection: Injection) => Undo;
export type Injectors = Readonly<Partial<Record<FaultName, Inject>>>;

export const nothingToUndo: Undo = () => undefined;

/** Does the same to each target; the undo undoes all. */
export function each(
  inject: (context: DevnetContext, node: DevnetNode, injection: Injection) => Undo,
): Inject {
  return (context, injection) => {
    const undos = injection.targets.map((name) => inject(context, context.nodeOf(name), injection));
    return () => {
      for (const undo of undos.toReversed()) undo();
    };
  };
}

/** By the daemon, on itself. */
export function order(context: DevnetContext, { name, orders }: DevnetNode, fault: NodeFault): Undo {
  context.beside(`${fault.kind} on ${name}`, () => orders.impose(fault));
  return () => context.beside(`the undo of ${fault.kind} on ${name}`, () => orders.lift(fault));
}
