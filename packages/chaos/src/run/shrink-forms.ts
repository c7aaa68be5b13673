// Owns: the simpler forms of a scenario and of a step, the simplest first: each makes one thing smaller, and none goes on for
// ever. Does not own: which of them still fail (shrink.ts).
import { findFault } from '../faults/catalogue.ts';
import { namesOf } from '../scenario/parse.ts';
import type { Scenario, Step, Trigger } from '../scenario/scenario.ts';
import type { TimelineEntry } from './verdict.ts';

/** The smallest network that bears a fault. */
const NODES_MIN = 4;
/** Times are halved down to this. Milliseconds. */
const STEP_MS_MIN = 10;
const RATE_MIN = 1;

export function simplerScenarios(scenario: Scenario): readonly Scenario[] {
  const { workload, heights, durationMs, nodes, guests, setChanges, expect } = scenario;
  const forms: Scenario[] = [];
  const add = (change: Partial<Scenario>): void => {
    forms.push({ ...scenario, ...change });
  };
  if (setChanges) add({ setChanges: false });
  if (guests > 0) add({ guests: 0 });
  if (nodes > NODES_MIN) add({ nodes: NODES_MIN });
  if (nodes > NODES_MIN + 1) add({ nodes: nodes - 1 });
  if (workload.kind !== 'none') add({ workload: { ...workload, kind: 'none' } });
  if (workload.pause > 0) add({ workload: { ...workload, pause: 0 } });
  if (workload.rate > RATE_MIN)
    add({ workload: { ...workload, rate: Math.max(RATE_MIN, workload.rate / 2) } });
  if (workload.clients > 1) add({ workload: { ...workload, clients: 1 } });
  for (const each of halves(heights, 1)) if (heights > 0) add({ heights: each });
  for (const each of halves(durationMs, STEP_MS_MIN)) if (durationMs > 0) add({ durationMs: each });
  if (expect.sometimes.length > 0) add({ expect: { ...expect, sometimes: [] } });
  return forms.filter(isPossible);
}

/** Who is named must be there, and the run must have an end. */
function isPossible({ nodes, guests, steps, expect, heights, durationMs }: Scenario): boolean {
  const names = new Set(namesOf(nodes, guests));
  const named = steps.flatMap(({ target }) => (typeof target === 'string' ? [] : target));
  return [...named, ...expect.evidence].every((name) => names.has(name)) && heights + durationMs > 0;
}

export function simplerSteps(step: Step): readonly Step[] {
  const forms: Step[] = [];
  const add = (change: Partial<Step>): void => {
    forms.push({ ...step, ...change });
  };
  if (step.everyMs !== undefined) add({ everyMs: undefined });
  if (step.probability < 1) add({ probability: 1 });
  if (typeof step.target !== 'string' && step.target.length > 1) {
    const names = step.target;
    for (const name of names) add({ target: names.filter((each) => each !== name) });
  }
  for (const params of simplerParams(step)) add({ params });
  if (step.forMs !== undefined) for (const forMs of halves(step.forMs, STEP_MS_MIN)) add({ forMs });
  for (const trigger of earlier(step.trigger)) add({ trigger });
  return forms;
}

/** One parameter at its default. */
function simplerParams({ fault, params }: Step): readonly Step['params'][] {
  const specs = findFault(fault)?.params ?? [];
  return specs
    .filter(({ name, default: otherwise }) => params[name] !== otherwise)
    .map(({ name, default: otherwise }) => ({ ...params, [name]: otherwise }));
}

function earlier(trigger: Trigger): readonly Trigger[] {
  switch (trigger.kind) {
    case 'time':
      return halves(trigger.atMs, 0).map((atMs) => ({ kind: 'time', atMs }));
    case 'height':
      return halves(trigger.height, 1).map((height) => ({ kind: 'height', height }));
    case 'round':
      return halves(trigger.round, 0).map((round) => ({ kind: 'round', round }));
    case 'event':
      return [];
  }
}

/** Half of it and three quarters, in whole numbers: what needs nearly all of it comes down as well. */
function halves(value: number, least: number): readonly number[] {
  const all = [value / 2, (value * 3) / 4].map((each) => Math.max(least, Math.floor(each)));
  return [...new Set(all)].filter((each) => each < value);
}

/**
 * The scenario with those names in place of words that its run drew for them: a word is drawn anew once other steps are
 * gone. Steps that came more than once, or at no time of their own, stay as they are.
 */
export function withDrawnTargets(scenario: Scenario, timeline: readonly TimelineEntry[]): Scenario {
  const faults = timeline.filter((entry) => entry.kind === 'fault');
  const steps = scenario.steps.map((step) => {
    const { trigger, everyMs, target, fault } = step;
    if (trigger.kind !== 'time' || everyMs !== undefined || typeof target !== 'string') return step;
    const seen = faults.filter((entry) => entry.fault === fault && entry.atMs === trigger.atMs);
    const [only] = seen;
    return only === undefined || seen.length > 1 ? step : { ...step, target: only.targets };
  });
  return { ...scenario, steps };
}
