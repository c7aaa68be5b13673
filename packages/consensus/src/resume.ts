// Owns: what is under way at the end of a replay: effects that were asked for and whose answer the log does not hold.
// A replay performs no effect; these are performed once when it is over.
import { proposerOf } from './rules.ts';
import { timeoutMs, valueBounds } from './timing.ts';
import type { Effect, State, TimeoutKind } from './types.ts';

/** Timers start anew, missing values are asked for again, an unfinished build begins again. Divergence is said again. */
export function resume(state: State): Effect[] {
  if (!state.awake || state.step === 'decided') return [];
  if (state.diverged !== null) return [{ type: 'diverged', ...state.diverged }];
  return [...timers(state), ...questions(state), ...building(state)];
}

function timers(state: State): Effect[] {
  const { round, step, done, config } = state;
  const kinds: TimeoutKind[] = [];
  if (step === 'propose') kinds.push('propose');
  if (step === 'prevote' && done.has(`timeout-prevote:${round}`)) kinds.push('prevote');
  if (done.has(`timeout-precommit:${round}`)) kinds.push('precommit');
  return kinds.map((kind) => ({
    type: 'schedule',
    kind,
    round,
    delayMs: timeoutMs(config.params, kind, round),
  }));
}

function questions(state: State): Effect[] {
  return [...state.done].flatMap((name): Effect[] => {
    const [question, id] = name.split(':') as [string, string];
    if (question === 'validate' && !state.verdicts.has(id)) return [{ type: 'validate', id }];
    if (question === 'fetch' && !state.values.has(id)) return [{ type: 'fetch', id }];
    return [];
  });
}

function building(state: State): Effect[] {
  const { round, step, valid, done, config } = state;
  const due = step === 'propose' && valid === null && proposerOf(state, round) === config.self;
  if (!due || done.has(`built:${round}`)) return [];
  return [{ type: 'build', round, ...valueBounds(config.params, round) }];
}
