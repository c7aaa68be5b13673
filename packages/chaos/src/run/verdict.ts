// Owns: the outcome of one run as a value, and the files of a run's folder. Does not own: how it came about.
import type { Violation } from '../history/history.ts';
import type { Scenario } from '../scenario/scenario.ts';

/** `unknown` is never a pass: a search ran out of time, or the world could not do what a step asked. */
export type Outcome = 'pass' | 'fail' | 'unknown';
export type WorldName = 'sim' | 'devnet';

export interface Verdict {
  readonly scenario: string;
  readonly world: WorldName;
  readonly seed: number;
  readonly outcome: Outcome;
  /** Of each checker by name; one that had nothing to look at is `idle`. */
  readonly checks: Readonly<Record<string, Outcome | 'idle'>>;
  readonly violations: readonly Violation[];
  /** Why the outcome is unknown. */
  readonly unknown: readonly string[];
  readonly sometimes: Readonly<Record<string, number>>;
  readonly heights: number;
  /** Of the run's own time: simulated, or by the clock on the wall. */
  readonly tookMs: number;
  /** From healing until every honest node had made its further heights. */
  readonly healedMs: number | undefined;
  /** Over every byte delivered and every event: equal for equal seeds in the simulator; empty on the devnet. */
  readonly digest: string;
}

/** One line of a run's timeline. Times in milliseconds since the run began. */
export type TimelineEntry = { readonly atMs: number } & (
  | {
      readonly kind: 'fault';
      /** Of the standing fault, to find its `undo`. */
      readonly id: number;
      readonly fault: string;
      readonly targets: readonly string[];
      readonly params: Readonly<Record<string, string | number | boolean>>;
    }
  | { readonly kind: 'undo'; readonly id: number }
  | { readonly kind: 'phase'; readonly phase: 'faults' | 'heal' | 'end' }
  | {
      readonly kind: 'commit';
      readonly node: string;
      readonly height: number;
      readonly round: number;
      readonly blockId: string;
      readonly stateRoot: string;
      readonly txs: number;
    }
  /** A message as it arrived, in words: votes, proposals, certificates. Kept for the last heights only. */
  | { readonly kind: 'message'; readonly from: string; readonly to: string; readonly words: string }
  | {
      readonly kind: 'report';
      readonly node: string;
      readonly level: string;
      readonly code: string;
      readonly facts: Readonly<Record<string, string | number | boolean>>;
    }
  | { readonly kind: 'violation'; readonly checker: string; readonly what: string; readonly height?: number }
);

/** What a run leaves, in memory; `artifacts.ts` writes and reads it as a folder. */
export interface RunRecord {
  readonly verdict: Verdict;
  readonly scenario: Scenario;
  /** Node, Consilium, commit when known. */
  readonly versions: Readonly<Record<string, string>>;
  readonly timeline: readonly TimelineEntry[];
  /** Node name -> lines of its log, as it wrote them. */
  readonly logs: Readonly<Record<string, readonly string[]>>;
  /** Writes of clients, and what became of each. */
  readonly writes: readonly WriteSeen[];
  /** Name of each node -> its id, as violations and messages name it. */
  readonly ids?: Readonly<Record<string, string>>;
  /** What did not fit the bounds of a folder: of which file, how many lines. */
  readonly dropped?: Readonly<Record<string, number>>;
}

/** `ok`: committed and found. `fail`: refused, and never seen. `info`: timed out, nobody knows. */
export interface WriteSeen {
  readonly id: string;
  readonly node: string;
  readonly atMs: number;
  readonly outcome: 'ok' | 'fail' | 'info' | 'lost' | 'duplicated' | 'never-read';
}
