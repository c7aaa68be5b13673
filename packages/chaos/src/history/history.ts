// Owns: what a run has seen, for the checkers: the chain as it was first told, what was submitted, who is hostile, the
// violations found. The same for both worlds. Does not own: any judgement (checkers/).
import type { Block, Certificate, Hex32, ValidatorSet } from '@consilium/core';

export interface Violation {
  /** Name of the checker that convicts. */
  readonly checker: string;
  readonly what: string;
  /** Where the run was when it was found. */
  readonly height?: number;
  /** Names of the nodes that it speaks of, as far as it knows. */
  readonly nodes?: readonly Hex32[];
}

/** A block as one node committed it. */
export interface CommitSeen {
  readonly block: Block;
  readonly blockId: Hex32;
  readonly certificate: Certificate;
  readonly by: 'decision' | 'sync';
  readonly txIds: readonly Hex32[];
  /** What executing the block led to on that node. */
  readonly stateRoot: Hex32;
  /** The set of the next height. */
  readonly nextValidators: ValidatorSet;
}

/** A transaction that a client handed in, and what became of it as the client was told. */
export interface Submitted {
  readonly id: Hex32;
  readonly node: Hex32;
  /** The answering node told of its commit. */
  acknowledged: boolean;
}

export interface History {
  /** Nodes under an adversary's hand at any time: what they say of themselves proves nothing, and they may be accused. */
  readonly hostile: Set<Hex32>;
  /** More lied than the network bears: it owed no progress, and none was asked of it. */
  overborne: boolean;
  /** Nodes whose disk was made to fail or was taken away: they may end, or know less than they told. */
  readonly excused: Set<Hex32>;
  /** Height -> what the first honest node to commit it reported. */
  readonly chain: Map<number, CommitSeen>;
  readonly submitted: Map<Hex32, Submitted>;
  readonly violations: Violation[];
  /** What a checker could not find out within its budget. */
  readonly unknown: string[];
  /** Names of checkers that may find nothing to look at, and did. */
  readonly looked: Set<string>;
  /** Rare states that the run reached, with counts. */
  readonly sometimes: Map<string, number>;
  /** Told of each rare state as it is reached: steps may wait for one. */
  readonly onReached: ((state: string) => void)[];
}

export function createHistory(hostile: Iterable<Hex32> = []): History {
  return {
    hostile: new Set(hostile),
    overborne: false,
    excused: new Set(),
    chain: new Map(),
    submitted: new Map(),
    violations: [],
    unknown: [],
    looked: new Set(),
    sometimes: new Map(),
    onReached: [],
  };
}

export function violate(
  history: History,
  checker: string,
  what: string,
  where: Pick<Violation, 'height' | 'nodes'> = {},
): void {
  history.violations.push({ checker, what, ...where });
}

export function reached(history: History, state: string): void {
  history.sometimes.set(state, (history.sometimes.get(state) ?? 0) + 1);
  for (const listener of history.onReached) listener(state);
}

export function topHeight(history: History): number {
  return history.chain.size === 0 ? 0 : Math.max(...[...history.chain.keys()].slice(-3));
}
