// Owns: playing a scenario's steps on a world: when each happens, on whom, when it is undone; and healing. The same code
// for both worlds. Does not own: doing a fault (the world), time, the verdict.
import { faultyMax } from '@consilium/core';
import type { Prng } from '@consilium/sim';
import { findFault } from '../faults/catalogue.ts';
import type { History } from '../history/history.ts';
import type { Scenario, Step, Target } from '../scenario/scenario.ts';
import type { Undo, World } from './world.ts';

export interface Director {
  /** No step happens any more, and what stands is undone: but who lies goes on lying. */
  heal(): void;
  /** From when until when every step's fault stood, before healing. Milliseconds; undefined: at no time. */
  standingMs(): Interval | undefined;
  /** Places of the steps that never happened, from 0. */
  unplayed(): readonly number[];
}

export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A scenario with an end of its own that leaves a step out has not tested what it says. */
export function noteUnplayed(history: History, { durationMs }: Scenario, director: Director): void {
  if (durationMs === 0 || history.violations.length > 0) return;
  for (const place of director.unplayed()) history.unknown.push(`step ${place + 1} never happened`);
}

interface Standing {
  readonly id: number;
  readonly fault: Step['fault'];
  readonly undo: Undo;
}

export function startDirector(world: World, scenario: Scenario, prng: Prng): Director {
  const { steps, nodes } = scenario;
  const founders = world.names.slice(0, nodes);
  const standing: Standing[] = [];
  const begunMs = new Map<number, number>();
  let active = true;
  let faults = 0;
  let firstUndoneMs = Number.POSITIVE_INFINITY;

  const undo = (each: Standing): void => {
    const index = standing.indexOf(each);
    if (index < 0) return;
    standing.splice(index, 1);
    if (active && begunMs.size === steps.length) firstUndoneMs = Math.min(firstUndoneMs, world.nowMs());
    world.say({ kind: 'undo', id: each.id });
    each.undo();
  };

  const happen = (step: Step, draws: Prng): void => {
    const { fault, params, forMs } = step;
    const targets = resolveTarget(step.target, founders, world, draws);
    faults += 1;
    const id = faults;
    world.say({ kind: 'fault', id, fault, targets, params });
    const injected = world.inject({ fault, targets, params, prng: draws.fork(`injection ${id}`) });
    const each: Standing = { id, fault, undo: injected };
    standing.push(each);
    if (forMs !== undefined) world.after(forMs, () => undo(each));
  };

  const begin = (step: Step, index: number): void => {
    if (!active || begunMs.has(index)) return;
    const draws = prng.fork(`step ${index}`);
    begunMs.set(index, world.nowMs());
    const again = (): void => {
      if (!active) return;
      if (draws.chance(step.probability)) happen(step, draws);
      if (step.everyMs !== undefined) world.after(step.everyMs, again);
    };
    again();
  };

  const beginWhere = (isDue: (step: Step) => boolean): void => {
    for (const [index, step] of steps.entries()) if (!begunMs.has(index) && isDue(step)) begin(step, index);
  };

  world.listen({
    height: (height) => beginWhere(({ trigger }) => trigger.kind === 'height' && trigger.height <= height),
    round: (round) => beginWhere(({ trigger }) => trigger.kind === 'round' && trigger.round <= round),
    event: (event) => beginWhere(({ trigger }) => trigger.kind === 'event' && trigger.event === event),
  });
  world.say({ kind: 'phase', phase: 'faults' });
  for (const [index, step] of steps.entries())
    if (step.trigger.kind === 'time') world.after(step.trigger.atMs, () => begin(step, index));

  return {
    heal: () => {
      active = false;
      world.say({ kind: 'phase', phase: 'heal' });
      for (const each of standing.toReversed()) if (!staysToTheEnd(each.fault)) undo(each);
    },
    standingMs: () =>
      begunMs.size < steps.length
        ? undefined
        : { fromMs: Math.max(0, ...begunMs.values()), toMs: firstUndoneMs },
    unplayed: () => [...steps.keys()].filter((place) => !begunMs.has(place)),
  };
}

/** A network bears f liars for ever: what it owes it owes with them in it. */
function staysToTheEnd(fault: Step['fault']): boolean {
  return findFault(fault)?.class === 'byzantine';
}

function resolveTarget(
  target: Target,
  founders: readonly string[],
  world: World,
  draws: Prng,
): readonly string[] {
  if (typeof target !== 'string') return target;
  switch (target) {
    case 'all':
      return founders;
    case 'one':
      return [draws.pick(founders)];
    case 'proposer':
      return [world.proposer() ?? draws.pick(founders)];
    case 'minority':
      return drawSome(founders, faultyMax(founders.length), draws);
    case 'majority':
      return drawSome(founders, Math.floor(founders.length / 2) + 1, draws);
  }
}

function drawSome(names: readonly string[], count: number, draws: Prng): readonly string[] {
  const left = [...names];
  return Array.from({ length: count }, () => left.splice(draws.below(left.length), 1)[0] as string);
}
