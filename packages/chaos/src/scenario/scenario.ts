// Owns: a scenario as a value: a network, a load, faults with their triggers, and what is expected. The same for both
// worlds. Does not own: its text (parse.ts, render.ts), which faults there are (faults/catalogue.ts).
import type { FaultName } from '../faults/names.ts';

export interface Scenario {
  readonly name: string;
  /** One sentence: why it exists. */
  readonly why: string;
  readonly seed: number;
  /** Founding hospitals, named `n1`, `n2`, ... */
  readonly nodes: number;
  /** Hospitals beside the founders, named `g1`, ...: those that set changes admit. */
  readonly guests: number;
  /** Whether boards admit and remove hospitals all the time. */
  readonly setChanges: boolean;
  /** The faults stand at least so long. */
  readonly durationMs: number;
  /** And until the chain has so many blocks. */
  readonly heights: number;
  readonly workload: Workload;
  readonly steps: readonly Step[];
  readonly expect: Expect;
}

export const WORKLOADS = ['none', 'noop', 'consents', 'records'] as const;
export type WorkloadKind = (typeof WORKLOADS)[number];

export interface Workload {
  readonly kind: WorkloadKind;
  /** Writes a second, over all clients. */
  readonly rate: number;
  readonly clients: number;
  /** Probability that a client pauses for seconds after a write, so that the chain falls idle. */
  readonly pause: number;
}

/** When a step happens first. */
export type Trigger =
  | { readonly kind: 'time'; readonly atMs: number }
  /** When the chain reaches the height. */
  | { readonly kind: 'height'; readonly height: number }
  /** When any node signs in this round of any height. */
  | { readonly kind: 'round'; readonly round: number }
  /** When a rare state was reached, or a node reported this event. */
  | { readonly kind: 'event'; readonly event: string };

/** Names, or a word that is resolved when the step happens. */
export type Target = readonly string[] | TargetWord;
/** `minority`: as many as the network bears (f). `majority`: the smallest number that is more than half. */
export const TARGET_WORDS = ['one', 'proposer', 'minority', 'majority', 'all'] as const;
export type TargetWord = (typeof TARGET_WORDS)[number];

export type ParamValue = string | number | boolean;

export interface Step {
  readonly trigger: Trigger;
  /** Again and again from the first time on. */
  readonly everyMs: number | undefined;
  /** Of happening, each time. */
  readonly probability: number;
  readonly fault: FaultName;
  readonly target: Target;
  /** Undone after this; undefined: when the network is healed. */
  readonly forMs: number | undefined;
  /** Of the fault, checked against the catalogue and filled with its defaults. Durations in milliseconds. */
  readonly params: Readonly<Record<string, ParamValue>>;
}

export interface Expect {
  /** After healing every node makes so many blocks more, and within this. */
  readonly heightsAfter: number;
  readonly livenessWithinMs: number;
  /** Rare states that the run must have reached. */
  readonly sometimes: readonly string[];
  /** Nodes that every honest node has evidence against at the end; nobody else may be named in any case. */
  readonly evidence: readonly string[];
  /** No block is made while the faults stand: more than the network bears are down. */
  readonly stall: boolean;
  /** The run passes only if this checker convicts: for faults beyond what the network bears. */
  readonly violation: string | undefined;
}
