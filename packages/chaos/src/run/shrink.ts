// Owns: making a failing scenario small: steps are dropped in ever smaller groups, then everything that is left is made
// simpler, again and again, as long as it still fails. Pure but for the predicate; the same input takes the same path.
// Does not own: running (the caller's predicate), simpler forms of one scenario (shrink-forms.ts).
import type { Scenario, Step } from '../scenario/scenario.ts';
import { simplerScenarios, simplerSteps } from './shrink-forms.ts';
import type { Verdict } from './verdict.ts';

/** Whether the scenario still fails, by the same checker as the first one: see `failsAs`. */
export type Fails = (scenario: Scenario) => boolean | Promise<boolean>;

export interface ShrinkOptions {
  /** Runs at most; the smallest found until then is the result. */
  readonly budget: number;
  readonly onProgress?: (best: Scenario, runs: number) => void;
}

export interface Shrunk {
  readonly scenario: Scenario;
  readonly runs: number;
  /** Nothing more could be taken away; false when the budget ended it. */
  readonly isMinimal: boolean;
}

export async function shrink(scenario: Scenario, fails: Fails, options: ShrinkOptions): Promise<Shrunk> {
  const search = createSearch(scenario, fails, options);
  for (let before: Scenario | undefined; before !== search.best(); ) {
    before = search.best();
    await dropSteps(search);
    await takeFirst(search, (best) => simplerScenarios(best));
    for (let index = 0; index < search.best().steps.length; index += 1)
      await takeFirst(search, (best) => formsOfStep(best, index));
  }
  return { scenario: search.best(), runs: search.runs(), isMinimal: !search.isSpent() };
}

/** Every run of these fails by the checker that convicted first in this verdict. */
export function failsAs(first: Verdict, run: (scenario: Scenario) => Verdict | Promise<Verdict>): Fails {
  const checker = first.violations[0]?.checker;
  return async (scenario) => {
    const { violations } = await run(scenario);
    return checker !== undefined && violations[0]?.checker === checker;
  };
}

interface Search {
  best(): Scenario;
  runs(): number;
  isSpent(): boolean;
  /** Whether the candidate fails as well; then it is the best. */
  tries(candidate: Scenario): Promise<boolean>;
}

function createSearch(scenario: Scenario, fails: Fails, { budget, onProgress }: ShrinkOptions): Search {
  let best = scenario;
  let runs = 0;
  let spent = false;
  // What did not fail once need not be asked again: passes over the same steps repeat themselves.
  const known = new Set<string>();
  return {
    best: () => best,
    runs: () => runs,
    isSpent: () => spent,
    tries: async (candidate) => {
      const text = JSON.stringify(candidate);
      if (known.has(text)) return false;
      if (runs >= budget) {
        spent = true;
        return false;
      }
      known.add(text);
      runs += 1;
      if (!(await fails(candidate))) return false;
      best = candidate;
      onProgress?.(best, runs);
      return true;
    },
  };
}

/** Delta debugging: half of the steps, then quarters, at last one by one. */
async function dropSteps(search: Search): Promise<void> {
  for (let size = Math.ceil(search.best().steps.length / 2); size >= 1; ) {
    let dropped = false;
    for (let from = 0; from < search.best().steps.length; ) {
      const { steps } = search.best();
      const left = steps.filter((_step, index) => index < from || index >= from + size);
      if (await search.tries({ ...search.best(), steps: left })) dropped = true;
      else from += size;
    }
    if (size === 1 && !dropped) return;
    size = size === 1 ? 1 : Math.ceil(size / 2);
  }
}

/** The first simpler form that fails, then the first simpler form of that, until none does. */
async function takeFirst(search: Search, formsOf: (best: Scenario) => readonly Scenario[]): Promise<void> {
  for (let found = true; found; ) {
    found = false;
    for (const form of formsOf(search.best())) {
      found = await search.tries(form);
      if (found) break;
    }
  }
}

function formsOfStep(scenario: Scenario, index: number): readonly Scenario[] {
  const step = scenario.steps[index];
  if (step === undefined) return [];
  const withStep = (other: Step): Scenario => ({ ...scenario, steps: scenario.steps.with(index, other) });
  return simplerSteps(step).map(withStep);
}
