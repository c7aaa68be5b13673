// Owns: what is said of many simulated runs: each failure with the one command that replays it, the rare states that were
// reached, the counts. Pure: results in, lines out.

import { SWARM_FAILURES_MAX } from '../limits.ts';
import type { Outcome, Verdict } from '../run/verdict.ts';
import { worstOf } from './result.ts';

export interface Failure {
  readonly scenario: string;
  readonly seed: number;
  readonly outcome: Outcome;
  readonly violations: Verdict['violations'];
  readonly unknown: Verdict['unknown'];
  /** The command that shows it again. */
  readonly replay: string;
}

export interface Tally {
  /** Returns the failure that the verdict is, if it is one. */
  add(verdict: Verdict, replay: string): Failure | undefined;
  readonly ended: number;
  readonly failed: number;
  readonly outcome: Outcome;
  /** Blocks of all runs together. */
  readonly heights: number;
  /** How often each rare state was reached, by name. */
  readonly sometimes: ReadonlyMap<string, number>;
  countLine(): string;
  coverageLines(): string[];
  toData(): Readonly<Record<string, unknown>>;
}

export function createTally(): Tally {
  const outcomes = new Map<Outcome, number>();
  const failures: Failure[] = [];
  const counts = new Map<string, number>();
  let heights = 0;
  let simulatedMs = 0;

  const countOf = (outcome: Outcome): number => outcomes.get(outcome) ?? 0;
  const passed = (): number => countOf('pass');
  const failed = (): number => countOf('fail');
  const unknown = (): number => countOf('unknown');
  const sometimes = (): ReadonlyMap<string, number> =>
    new Map([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));

  return {
    add: (verdict, replay) => {
      const { scenario, seed, outcome, violations, unknown } = verdict;
      outcomes.set(outcome, countOf(outcome) + 1);
      heights += verdict.heights;
      simulatedMs += verdict.tookMs;
      for (const [state, count] of Object.entries(verdict.sometimes))
        counts.set(state, (counts.get(state) ?? 0) + count);
      if (outcome === 'pass') return undefined;
      const failure = { scenario, seed, outcome, violations, unknown, replay };
      if (failures.length < SWARM_FAILURES_MAX) failures.push(failure);
      return failure;
    },
    get ended() {
      return passed() + failed() + unknown();
    },
    get failed() {
      return failed();
    },
    get outcome() {
      return worstOf([...outcomes.keys()]);
    },
    get heights() {
      return heights;
    },
    get sometimes() {
      return sometimes();
    },
    countLine: () =>
      [`${passed()} passed`, `${failed()} failed`, ...(unknown() > 0 ? [`${unknown()} unknown`] : [])].join(
        ', ',
      ),
    coverageLines: () => {
      const width = Math.max(0, ...[...counts.keys()].map((state) => state.length));
      return [...sometimes()].map(([state, count]) => `  ${state.padEnd(width)}  ${count}`);
    },
    toData: () => ({
      outcome: worstOf([...outcomes.keys()]),
      passed: passed(),
      failed: failed(),
      unknown: unknown(),
      heights,
      simulatedMs,
      failures: failures.toSorted((a, b) => a.seed - b.seed),
      sometimes: Object.fromEntries(sometimes()),
    }),
  };
}

export function failureLines({ scenario, seed, outcome, violations, unknown, replay }: Failure): string[] {
  const [first] = violations;
  const more = violations.length > 1 ? ` (and ${violations.length - 1} more)` : '';
  const why = first === undefined ? unknown.join('; ') : `${first.checker}: ${first.what}${more}`;
  return [`${scenario} (seed ${seed}) ${outcome === 'fail' ? 'failed' : outcome}: ${why}`, `  ${replay}`];
}

export function violationLines({ violations, unknown }: Verdict): string[] {
  return [
    ...violations.map(({ checker, what }) => `  ${checker}: ${what}`),
    ...unknown.map((why) => `  unknown: ${why}`),
  ];
}
