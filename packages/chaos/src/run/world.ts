// Owns: what a world offers to the director of a scenario. The simulator and the devnet each have one. Nothing here waits:
// the simulator drives its own time, and on the devnet what takes long goes on beside the scenario.
import type { Prng } from '@consilium/sim';
import type { FaultName } from '../faults/names.ts';
import type { ParamValue } from '../scenario/scenario.ts';
import type { TimelineEntry } from './verdict.ts';

export interface Injection {
  readonly fault: FaultName;
  /** Names of nodes, resolved. */
  readonly targets: readonly string[];
  readonly params: Readonly<Record<string, ParamValue>>;
  /** Of this injection alone: other steps do not shift its draws. */
  readonly prng: Prng;
}

export type Undo = () => void;

/** What a scenario's triggers listen to. */
export interface WorldListener {
  /** The chain reached this height, on the first node. */
  height(height: number): void;
  /** A node signed in this round of some height. */
  round(round: number): void;
  /** A rare state was reached, or a node reported an event with this code. */
  event(name: string): void;
}

/** Without its kind of time: `Distribute` keeps the union. */
export type Untimed<Entry> = Entry extends unknown ? Omit<Entry, 'atMs'> : never;

export interface World {
  /** Founders first. */
  readonly names: readonly string[];
  /** Milliseconds since the run began. */
  nowMs(): number;
  after(delayMs: number, fire: () => void): () => void;
  listen(listener: WorldListener): void;
  /** The first proposer of the next height, as the most advanced honest node has it. */
  proposer(): string | undefined;
  inject(injection: Injection): Undo;
  /** Into the timeline, and into what the run is told by. */
  say(entry: Untimed<TimelineEntry>): void;
}
