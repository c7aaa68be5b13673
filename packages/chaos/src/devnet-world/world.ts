// Owns: a devnet as a world of scenarios: who is called what, its time, its triggers, its injectors, its timeline.
import { type Hex32, proposerOrder } from '@consilium/core';
import type { FaultName } from '../faults/names.ts';
import { reached, topHeight } from '../history/history.ts';
import type { TimelineEntry } from '../run/verdict.ts';
import type { Injection, Undo, Untimed, World, WorldListener } from '../run/world.ts';
import { type DevnetContext, type Injectors, nothingToUndo } from './injector.ts';
import { CLOCK_FAULTS } from './injectors/clock.ts';
import { DISK_FAULTS } from './injectors/disk.ts';
import { LOAD_FAULTS } from './injectors/load.ts';
import { NETWORK_FAULTS } from './injectors/network.ts';
import { OPERATOR_FAULTS } from './injectors/operator.ts';
import { PROCESS_FAULTS } from './injectors/process.ts';

export const DEVNET_INJECTORS: Injectors = {
  ...PROCESS_FAULTS,
  ...NETWORK_FAULTS,
  ...CLOCK_FAULTS,
  ...DISK_FAULTS,
  ...LOAD_FAULTS,
  ...OPERATOR_FAULTS,
};

export interface DevnetWorld extends World {
  readonly timeline: readonly TimelineEntry[];
  /** Faults that a scenario asked for and a devnet cannot do. */
  readonly lacking: ReadonlySet<FaultName>;
  /** To be told by the collectors. */
  committed(): void;
  round(round: number): void;
  event(code: string): void;
  /** Of faults, their undos and phases, in words. */
  onSaid(listener: (line: string) => void): void;
  /** Nothing that waits fires any more. */
  stop(): void;
}

/** A clock that starts with the run, and timers that end with it. */
export interface RunClock {
  nowMs(): number;
  after(delayMs: number, fire: () => void): () => void;
  stop(): void;
}

export function createRunClock(): RunClock {
  const startMs = performance.now();
  const timers = new Set<NodeJS.Timeout>();
  let stopped = false;
  return {
    nowMs: () => performance.now() - startMs,
    after: (delayMs, fire) => {
      if (stopped) return nothingToUndo;
      const timer = setTimeout(() => {
        timers.delete(timer);
        fire();
      }, delayMs);
      timers.add(timer);
      return () => {
        timers.delete(timer);
        clearTimeout(timer);
      };
    },
    stop: () => {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

export function createDevnetWorld(context: DevnetContext, clock: RunClock): DevnetWorld {
  const { history, nodes } = context;
  const timeline: TimelineEntry[] = [];
  const lacking = new Set<FaultName>();
  const listeners: WorldListener[] = [];
  const hearers: ((line: string) => void)[] = [];
  const proposers = followProposer(context);
  let top = 0;
  let highestRound = 0;

  const inject = (injection: Injection): Undo => {
    reached(history, `fault:${injection.fault}`);
    const inject = DEVNET_INJECTORS[injection.fault];
    if (inject !== undefined) return inject(context, injection);
    lacking.add(injection.fault);
    return nothingToUndo;
  };
  const event = (code: string): void => {
    for (const listener of listeners) listener.event(code);
  };
  history.onReached.push(event);

  return {
    names: nodes.map(({ name }) => name),
    nowMs: clock.nowMs,
    after: clock.after,
    listen: (listener) => listeners.push(listener),
    proposer: proposers.next,
    inject,
    say: (entry: Untimed<TimelineEntry>) => {
      const said = { atMs: Math.round(clock.nowMs()), ...entry } as TimelineEntry;
      timeline.push(said);
      const words = wordsOf(said);
      if (words !== undefined) for (const listener of hearers) listener(words);
    },
    onSaid: (listener) => hearers.push(listener),
    timeline,
    lacking,
    committed: () => {
      const height = topHeight(history);
      if (height <= top) return;
      top = height;
      proposers.look();
      for (const listener of listeners) listener.height(height);
    },
    round: (round) => {
      if (round <= highestRound) return;
      highestRound = round;
      for (const listener of listeners) listener.round(round);
    },
    event,
    stop: clock.stop,
  };
}

function wordsOf(entry: TimelineEntry): string | undefined {
  const atS = `${(entry.atMs / 1_000).toFixed(1)} s`;
  if (entry.kind === 'fault') return `${atS}: ${entry.fault} on ${entry.targets.join(' ')}`;
  if (entry.kind === 'phase') return `${atS}: ${entry.phase}`;
  return undefined;
}

interface ProposerView {
  /** Asks a node; the answer is there a moment later. */
  look(): void;
  next(): string | undefined;
}

function followProposer({ workload, nodes, history }: DevnetContext): ProposerView {
  let next: Hex32 | undefined;
  let asking = false;
  const ask = async (): Promise<void> => {
    const door = workload.doors.find(({ id }) => !history.hostile.has(id));
    const answer = await door?.client.read((state, { height }) => proposerOrder(state, height + 1)[0]);
    next = answer?.value ?? next;
  };
  return {
    look: () => {
      if (asking) return;
      asking = true;
      ask()
        // Whoever was asked is down: what was known is the best guess.
        .catch(() => undefined)
        .finally(() => {
          asking = false;
        });
    },
    next: () => nodes.find(({ id }) => id === next)?.name,
  };
}
