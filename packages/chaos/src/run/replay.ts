// Owns: what a run that was run again says of the first one: in the simulator equal bytes, or which version has changed
// since; in both worlds whether the verdict is the same. Pure. Does not own: running it, what the versions here are.
import type { RunRecord, Verdict } from './verdict.ts';

export interface Replayed {
  /** Whether both digests are equal; undefined on the devnet, which is never twice the same. */
  readonly sameBytes: boolean | undefined;
  readonly sameOutcome: boolean;
  /** Checkers that convicted in one of the two runs alone. */
  readonly otherCheckers: readonly string[];
  /** Parts that are of another version now, in the order of their names. */
  readonly changed: readonly VersionChange[];
}

export interface VersionChange {
  readonly part: string;
  readonly before: string | undefined;
  readonly now: string | undefined;
}

export type Versions = RunRecord['versions'];

export function compareRuns(
  before: Pick<RunRecord, 'verdict' | 'versions'>,
  after: Verdict,
  versionsNow: Versions,
): Replayed {
  const { verdict, versions } = before;
  return {
    sameBytes: verdict.world === 'sim' ? verdict.digest === after.digest : undefined,
    sameOutcome: verdict.outcome === after.outcome,
    otherCheckers: inOneOnly(checkersOf(verdict), checkersOf(after)),
    changed: changesOf(versions, versionsNow),
  };
}

function checkersOf({ violations }: Verdict): readonly string[] {
  return [...new Set(violations.map(({ checker }) => checker))].sort();
}

function inOneOnly(a: readonly string[], b: readonly string[]): readonly string[] {
  return [...a.filter((each) => !b.includes(each)), ...b.filter((each) => !a.includes(each))];
}

/** A run that noted no versions says nothing of them. */
function changesOf(before: Versions, now: Versions): readonly VersionChange[] {
  const parts = Object.keys(before).sort();
  return parts
    .filter((part) => before[part] !== now[part])
    .map((part) => ({ part, before: before[part], now: now[part] }));
}

/** For a person. */
export function replayLines({ sameBytes, sameOutcome, otherCheckers, changed }: Replayed): readonly string[] {
  return [
    ...(sameBytes === undefined ? [] : [bytesLine(sameBytes, changed)]),
    ...(sameOutcome ? [] : ['Another outcome than before.']),
    ...(otherCheckers.length === 0
      ? []
      : [`Convicted in one of the two runs only: ${otherCheckers.join(', ')}.`]),
  ];
}

function bytesLine(sameBytes: boolean, changed: readonly VersionChange[]): string {
  if (sameBytes) return 'The same bytes as before.';
  const parts = changed.map(({ part, before, now }) => `${part} (${before ?? 'none'}, now ${now ?? 'none'})`);
  return parts.length === 0
    ? 'Other bytes than before, by the same versions: the simulator is not deterministic, which is a fault of the kit.'
    : `Other bytes than before. Changed since: ${parts.join(', ')}.`;
}
