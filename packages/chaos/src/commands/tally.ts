// Owns: what is said of many simulated runs: each failure with the one command that replays it, the rare states that were
// reached, the counts. Pure: results in, lines out.
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

export class Tally {
  readonly #outcomes: Outcome[] = [];
  readonly #failures: Failure[] = [];
  readonly #sometimes = new Map<string, number>();
  #heights = 0;
  #ranMs = 0;

  /** Returns the failure that the verdict is, if it is one. */
  add(verdict: Verdict, replay: string): Failure | undefined {
    const { scenario, seed, outcome, violations, unknown, sometimes, heights, tookMs } = verdict;
    this.#outcomes.push(outcome);
    this.#heights += heights;
    this.#ranMs += tookMs;
    for (const [state, count] of Object.entries(sometimes))
      this.#sometimes.set(state, (this.#sometimes.get(state) ?? 0) + count);
    if (outcome === 'pass') return undefined;
    const failure = { scenario, seed, outcome, violations, unknown, replay };
    this.#failures.push(failure);
    return failure;
  }

  get ended(): number {
    return this.#outcomes.length;
  }

  get failed(): number {
    return this.#failures.length;
  }

  get outcome(): Outcome {
    return worstOf(this.#outcomes);
  }

  /** Blocks of all runs together. */
  get heights(): number {
    return this.#heights;
  }

  /** How often each rare state was reached, by name. */
  get sometimes(): ReadonlyMap<string, number> {
    return new Map([...this.#sometimes].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  countLine(): string {
    return `${this.ended - this.failed} passed, ${this.failed} failed`;
  }

  coverageLines(): string[] {
    const width = Math.max(0, ...[...this.#sometimes.keys()].map((state) => state.length));
    return [...this.sometimes].map(([state, count]) => `  ${state.padEnd(width)}  ${count}`);
  }

  toData(): Readonly<Record<string, unknown>> {
    const failures = this.#failures.toSorted((a, b) => a.seed - b.seed);
    return {
      outcome: this.outcome,
      passed: this.ended - this.failed,
      failed: this.failed,
      heights: this.#heights,
      simulatedMs: this.#ranMs,
      failures,
      sometimes: Object.fromEntries(this.sometimes),
    };
  }
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
