// Owns: what is said of the seeds that ran: each failure with the one command that replays it, the rare states that were
// reached, the count. Pure: results in, lines out.
import type { SeedResult } from '../swarm/seed-run.ts';

export interface FailedSeed {
  readonly seed: number;
  readonly violations: SeedResult['verdict']['violations'];
  readonly replay: string;
}

export class SeedReport {
  #passed = 0;
  #heights = 0;
  readonly #failures: FailedSeed[] = [];
  readonly #sometimes = new Map<string, number>();

  /** Returns the failure that the result is, if it is one. */
  add({ seed, verdict }: SeedResult): FailedSeed | undefined {
    const { violations, sometimes, heights, outcome } = verdict;
    this.#heights += heights;
    for (const [state, count] of Object.entries(sometimes))
      this.#sometimes.set(state, (this.#sometimes.get(state) ?? 0) + count);
    if (outcome === 'pass') {
      this.#passed += 1;
      return undefined;
    }
    const failure = { seed, violations, replay: replayCommand(seed) };
    this.#failures.push(failure);
    return failure;
  }

  get ended(): number {
    return this.#passed + this.#failures.length;
  }

  /** Blocks that the seeds made, all together. */
  get heights(): number {
    return this.#heights;
  }

  get failed(): number {
    return this.#failures.length;
  }

  /** How often each rare state was reached, by name. */
  get sometimes(): ReadonlyMap<string, number> {
    return new Map([...this.#sometimes].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  countLine(): string {
    return `${this.#passed} passed, ${this.failed} failed`;
  }

  coverageLines(): string[] {
    const width = Math.max(0, ...[...this.#sometimes.keys()].map((state) => state.length));
    return [...this.sometimes].map(([state, count]) => `  ${state.padEnd(width)}  ${count}`);
  }

  toJson(): string {
    const failures = this.#failures.toSorted((a, b) => a.seed - b.seed);
    const sometimes = Object.fromEntries(this.sometimes);
    return JSON.stringify({ passed: this.#passed, failed: this.failed, failures, sometimes }, null, 2);
  }
}

export function replayCommand(seed: number): string {
  return `npm run sim -- --seeds 1 --first-seed ${seed} --trace trace.txt`;
}

export function failureLines({ seed, violations, replay }: FailedSeed): string[] {
  const [first] = violations;
  const more = violations.length > 1 ? ` (and ${violations.length - 1} more)` : '';
  return [`seed ${seed} failed: ${first?.checker}: ${first?.what}${more}`, `  ${replay}`];
}
