// Owns: one scenario on a devnet of its own: the faults, then healing, then further heights on every node, with every
// checker watching; and that nothing of it is left, however it ends. Does not own: what it is made of (rig.ts).
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ConsiliumError, faultyMax } from '@consilium/core';
import type { StoreSeen } from '../checkers/checker.ts';
import {
  convictUnhealed,
  convictUnstalled,
  hasHealed,
  healedGoal,
  type Progress,
} from '../checkers/liveness.ts';
import { reached, topHeight, violate } from '../history/history.ts';
import {
  FAULTS_WALL_MS_MAX,
  LAST_WORDS_MS_MAX,
  LOOK_MS,
  PROCESSES_LOOK_MS,
  SLOWNESS_MAX,
} from '../limits.ts';
import { noteUnplayed, startDirector } from '../run/director.ts';
import { judge } from '../run/judge.ts';
import type { RunRecord } from '../run/verdict.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { createPlays } from './client-plays.ts';
import { convictEnded } from './injectors/process.ts';
import { bringUp, type Rig } from './rig.ts';
import { startSetChanges } from './set-changes.ts';

export interface DevnetRunOptions {
  /** A line now and then of where the run is. */
  readonly progress?: (line: string) => void;
  /** Ends the run; so does SIGINT, SIGTERM or SIGHUP to this process. */
  readonly signal?: AbortSignal | undefined;
}

/** Throws `INTERRUPTED`, and what `launchDevnet` throws. Nothing is left of it: no process, no file, no port. */
export async function runOnDevnet(scenario: Scenario, options: DevnetRunOptions = {}): Promise<RunRecord> {
  using interruption = interruptible(options.signal);
  const { signal } = interruption;
  const progress = options.progress ?? (() => undefined);
  const folder = await mkdtemp(join(tmpdir(), 'consilium-chaos-'));
  try {
    progress(`${scenario.name}: ${scenario.nodes} nodes are coming up`);
    await using rig = await bringUp(folder, scenario, signal);
    rig.world.onSaid((line) => progress(`${scenario.name}: ${line}`));
    return await play(rig, scenario, signal);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

interface Interruption extends Disposable {
  readonly signal: AbortSignal;
}

function interruptible(outer: AbortSignal | undefined): Interruption {
  const aborter = new AbortController();
  const abort = (): void => aborter.abort();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, abort);
  return {
    signal: outer === undefined ? aborter.signal : AbortSignal.any([aborter.signal, outer]),
    [Symbol.dispose]: () => {
      for (const name of signals) process.off(name, abort);
    },
  };
}

async function play(rig: Rig, scenario: Scenario, signal: AbortSignal): Promise<RunRecord> {
  const { context, world } = rig;
  const { history, workload, nodes } = context;
  const healedMs = await playPhases(rig, scenario, signal);
  const stores = await hearTheLast(rig);
  const tookMs = Math.round(world.nowMs());
  await rig.inquest(stores);
  await rig.down();
  const verdict = judge({
    scenario,
    world: 'devnet',
    history,
    idsOf: (name) => nodes.find((node) => node.name === name)?.id,
    lacking: [...world.lacking],
    tookMs,
    healedMs,
    digest: '',
  });
  return {
    verdict,
    scenario,
    versions: { node: process.version, platform: `${process.platform} ${process.arch}` },
    timeline: world.timeline,
    logs: rig.logs(),
    writes: workload.writes(),
  };
}

/** Gives how long healing took, when it did. Milliseconds. */
async function playPhases(rig: Rig, scenario: Scenario, signal: AbortSignal): Promise<number | undefined> {
  const { context, world, prng } = rig;
  const { history } = context;
  await startLoad(rig, scenario);
  const stopChanges = scenario.setChanges
    ? await startSetChanges(context, prng.fork('set changes'))
    : undefined;
  reached(history, `founders:${scenario.nodes}`);
  const stopLooking = lookAtProcesses(rig);
  try {
    const director = startDirector(world, scenario, prng.fork('director'));
    await passFaults(rig, scenario, signal);
    const healMs = world.nowMs();
    stopChanges?.();
    director.heal();
    if (scenario.expect.stall) convictUnstalled(history, rig.commitsMs, director.standingMs(), healMs);
    noteUnplayed(history, scenario, director);
    const isOverborne = history.hostile.size > faultyMax(scenario.nodes);
    if (isOverborne) history.overborne = true;
    // An idle network owes no block: whoever asked for no load gets some to be judged by.
    if (scenario.workload.kind === 'none') await startLoad(rig, { ...scenario, workload: HEALING_LOAD });
    return isOverborne ? undefined : await heal(rig, scenario, signal);
  } finally {
    // However the run ends: a timer that stays keeps the process.
    stopChanges?.();
    stopLooking();
  }
}

const HEALING_LOAD: Scenario['workload'] = { kind: 'noop', rate: 7, clients: 1, pause: 0 };

async function startLoad({ context, prng }: Rig, { workload: spec }: Scenario): Promise<void> {
  const { workload, history } = context;
  const draws = prng.fork('workload');
  workload.start(spec, await createPlays(spec, workload, history, draws), draws);
}

async function passFaults({ context, world }: Rig, scenario: Scenario, signal: AbortSignal): Promise<void> {
  const { history } = context;
  const { durationMs, heights, expect } = scenario;
  const startMs = world.nowMs();
  const limitMs = startMs + Math.max(FAULTS_WALL_MS_MAX, durationMs);
  const isOver = (): boolean =>
    history.violations.length > 0 || (world.nowMs() >= startMs + durationMs && topHeight(history) >= heights);
  const over = await until(isOver, limitMs, world, signal);
  if (!over && !expect.stall)
    violate(history, 'liveness', `only ${topHeight(history)} of ${heights} heights under faults`);
}

async function heal(rig: Rig, { expect }: Scenario, signal: AbortSignal): Promise<number | undefined> {
  const { context, world } = rig;
  const { history, nodes } = context;
  const startMs = world.nowMs();
  const goal = healedGoal(history, expect.heightsAfter);
  const dead = new Set<string>();
  for (const { name, control } of nodes) control.settled().catch(() => dead.add(name));
  const owing = (): readonly Progress[] => owingOf(rig, dead);
  const isDone = (): boolean => history.violations.length > 0 || hasHealed(goal, owing());
  const done = await until(isDone, startMs + expect.livenessWithinMs * slowness(), world, signal);
  if (!done) convictUnhealed(history, goal, owing());
  return hasHealed(goal, owing()) ? Math.round(world.nowMs() - startMs) : undefined;
}

/** A bound is promised for a machine that has time: where several wait for each processor, all takes so much longer. */
function slowness(): number {
  const waiting = (loadavg()[0] ?? 0) / availableParallelism();
  return Math.min(SLOWNESS_MAX, Math.max(1, waiting));
}

/**
 * Honest members of the set: who left it is told nothing any more. Not those that were damaged so that they rightly refuse
 * to start.
 */
function owingOf({ context, watch }: Rig, dead: ReadonlySet<string>): readonly Progress[] {
  const { nodes, history } = context;
  const set = history.chain.get(topHeight(history))?.nextValidators;
  const isMember = (id: string): boolean => set === undefined || set.some((validator) => validator.id === id);
  return nodes
    .filter(({ id }) => isMember(id) && !history.hostile.has(id))
    .filter(({ id, name }) => !(history.excused.has(id) && dead.has(name)))
    .map(({ id, name }) => ({
      node: id,
      height: watch.heightOf(id),
      failure: dead.has(name) ? 'did not start' : undefined,
    }));
}

/** What the nodes hold at the end, compared height by height; and every write beside the chain. */
async function hearTheLast(rig: Rig): Promise<readonly StoreSeen[]> {
  const { context, world, watch, judgeEnd } = rig;
  const { history, workload } = context;
  await workload.stop();
  await rig.besideDone();
  world.say({ kind: 'phase', phase: 'end' });
  const stores = await watch.stores();
  const honest = stores.filter(({ node }) => !history.hostile.has(node));
  const top = Math.max(0, ...honest.map(({ tip }) => tip?.height ?? 0));
  await until(() => topHeight(history) >= top, world.nowMs() + LAST_WORDS_MS_MAX, world);
  judgeEnd(stores);
  workload.convictRefused();
  return stores;
}

function lookAtProcesses({ context }: Rig): () => void {
  let looking = false;
  const look = async (): Promise<void> => {
    const standings = await context.devnet.standings();
    for (const node of context.nodes) {
      const state = standings.find(({ name }) => name === node.entry.name)?.state ?? 'stopped';
      if (['failed', 'killed', 'stopped'].includes(state)) convictEnded(context, node, state);
    }
  };
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    look()
      .catch(() => undefined)
      .finally(() => {
        looking = false;
      });
  }, PROCESSES_LOOK_MS);
  return () => clearInterval(timer);
}

/** False when the time came first. Throws `INTERRUPTED`. */
async function until(
  isTrue: () => boolean,
  limitMs: number,
  { nowMs }: { nowMs(): number },
  signal?: AbortSignal,
): Promise<boolean> {
  while (!isTrue()) {
    if (signal?.aborted === true) throw new ConsiliumError('INTERRUPTED');
    if (nowMs() >= limitMs) return false;
    await delay(LOOK_MS);
  }
  return true;
}
