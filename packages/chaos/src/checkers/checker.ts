// Owns: what a checker is: it hears what happens in a run, in either world, and convicts by `violate`. One file each; the
// numbers are those of the verdict in docs/testing.md.
import type { Certificate, Hex32, Tx, ValidatorSet } from '@consilium/core';
import type { ReportedEvent } from '@consilium/node/replica';
import type { SignedContent } from '@consilium/sim';
import type { CommitSeen } from '../history/history.ts';

/** The last block that a node's store holds. */
export interface TipSeen {
  readonly height: number;
  readonly blockId: Hex32;
  /** The set of the next height, where the world can see it. */
  readonly nextValidators?: ValidatorSet;
}

/** What is in a node's store when the run has ended. */
export interface StoreSeen {
  readonly node: Hex32;
  readonly tip: TipSeen | undefined;
  /** Height of the earliest block that it keeps. */
  readonly base: number;
  /** The id of the block that it holds there, computed from its bytes. */
  blockIdAt(height: number): Hex32 | undefined;
  /** Polkas and the commit that the node acted on at the height, as it keeps them with the block. */
  certificatesAt(height: number): readonly Certificate[];
}

export interface Checker {
  /** A node told of a commit, after the commit was durable. */
  committed?(node: Hex32, seen: CommitSeen): void;
  opened?(node: Hex32, tip: TipSeen): void;
  reported?(node: Hex32, event: ReportedEvent): void;
  /** A node made a signature of agreement, which may not have left it. */
  signed?(node: Hex32, content: SignedContent): void;
  submitted?(tx: Tx, node: Hex32): void;
  /** `by` charged `peer` with a breach of the protocol. */
  penalized?(by: Hex32, peer: Hex32, code: string): void;
  /** The network was healed and has gone on; the last word. */
  ended?(stores: readonly StoreSeen[]): void;
}

/** One checker that tells each of these, in their order. */
export function allOf(checkers: readonly Checker[]): Required<Checker> {
  return {
    committed: (node, seen) => {
      for (const checker of checkers) checker.committed?.(node, seen);
    },
    opened: (node, tip) => {
      for (const checker of checkers) checker.opened?.(node, tip);
    },
    reported: (node, event) => {
      for (const checker of checkers) checker.reported?.(node, event);
    },
    signed: (node, content) => {
      for (const checker of checkers) checker.signed?.(node, content);
    },
    submitted: (tx, node) => {
      for (const checker of checkers) checker.submitted?.(tx, node);
    },
    penalized: (by, peer, code) => {
      for (const checker of checkers) checker.penalized?.(by, peer, code);
    },
    ended: (stores) => {
      for (const checker of checkers) checker.ended?.(stores);
    },
  };
}
