// Owns: what a run has seen, for the checkers: commits as each node reported them, every signature made, what was
// submitted and acknowledged, who is hostile, and the first violations. Does not own: any judgement (checkers/).
import type { Hex32 } from '@consilium/core';
import type { Committed } from '@consilium/node/replica';

export interface Violation {
  readonly checker: string;
  readonly what: string;
}

/** A transaction that a client handed in, and whether the answering node told of its commit. */
export interface Submitted {
  readonly id: Hex32;
  readonly node: Hex32;
  acknowledged: boolean;
}

export interface History {
  /** Nodes under an adversary's hand: what they say of themselves proves nothing, and they may be accused. */
  readonly hostile: ReadonlySet<Hex32>;
  /** Nodes whose disk was made to fail or was taken away: they may end, or know less than they told. */
  readonly excused: Set<Hex32>;
  /** Height -> what the first node to commit it reported. */
  readonly chain: Map<number, Committed>;
  readonly submitted: Map<Hex32, Submitted>;
  readonly violations: Violation[];
  /** Rare states that the run reached, with counts. */
  readonly sometimes: Map<string, number>;
}

export function createHistory(hostile: ReadonlySet<Hex32> = new Set()): History {
  return {
    hostile,
    excused: new Set(),
    chain: new Map(),
    submitted: new Map(),
    violations: [],
    sometimes: new Map(),
  };
}

export function violate(history: History, checker: string, what: string): void {
  history.violations.push({ checker, what });
}

export function reached(history: History, state: string): void {
  history.sometimes.set(state, (history.sometimes.get(state) ?? 0) + 1);
}

export function topHeight(history: History): number {
  return history.chain.size === 0 ? 0 : Math.max(...[...history.chain.keys()].slice(-3));
}
