// Owns: the simulator as a world of scenarios: who is called what, its time, its triggers, its injectors, its timeline.
import type { Hex32 } from '@consilium/core';
import { type Cluster, mostAdvanced, type SimNode } from '@consilium/sim';
import type { FaultName } from '../faults/names.ts';
import { type History, reached, topHeight } from '../history/history.ts';
import type { TimelineEntry } from '../run/verdict.ts';
import type { Injection, Undo, Untimed, World, WorldListener } from '../run/world.ts';
import { createHands } from './hands.ts';
import type { Injectors, SimContext } from './injector.ts';
import { BYZANTINE_FAULTS } from './injectors/byzantine.ts';
import { CLOCK_FAULTS } from './injectors/clock.ts';
import { DISK_FAULTS } from './injectors/disk.ts';
import { LOAD_FAULTS } from './injectors/load.ts';
import { NETWORK_FAULTS } from './injectors/network.ts';
import { OPERATOR_FAULTS } from './injectors/operator.ts';
import { PROCESS_FAULTS } from './injectors/process.ts';
import { createLinkBoard } from './link-board.ts';

export interface SimWorld extends World {
  readonly timeline: readonly TimelineEntry[];
  /** Faults that a scenario asked for and the simulator cannot do. */
  readonly lacking: ReadonlySet<FaultName>;
  nameOf(id: Hex32): string;
  /** Into the timeline alone: what is recorded must not change the run. */
  record(entry: Untimed<TimelineEntry>): void;
}

export const SIM_INJECTORS: Injectors = {
  ...PROCESS_FAULTS,
  ...NETWORK_FAULTS,
  ...CLOCK_FAULTS,
  ...DISK_FAULTS,
  ...LOAD_FAULTS,
  ...OPERATOR_FAULTS,
  ...BYZANTINE_FAULTS,
};

export function createSimWorld(cluster: Cluster, history: History): SimWorld {
  const { scheduler, taps, hospitals, nodes, trace } = cluster;
  const names = hospitals.map(({ name }) => name);
  const nameOf = (id: Hex32): string => hospitals.find((hospital) => hospital.id === id)?.name ?? id;
  const nodeOf = (name: string): SimNode => nodes[names.indexOf(name)] as SimNode;
  const context: SimContext = {
    cluster,
    history,
    links: createLinkBoard(cluster),
    hands: createHands(cluster, history),
    nodeOf,
  };
  const timeline: TimelineEntry[] = [];
  const lacking = new Set<FaultName>();
  const nowMs = (): number => scheduler.nowUs() / 1000;

  const record = (entry: Untimed<TimelineEntry>): void => {
    timeline.push({ atMs: nowMs(), ...entry } as TimelineEntry);
  };

  const inject = (injection: Injection): Undo => {
    reached(history, `fault:${injection.fault}`);
    const inject = SIM_INJECTORS[injection.fault];
    if (inject !== undefined) return inject(context, injection);
    lacking.add(injection.fault);
    return () => undefined;
  };

  const listen = (listener: WorldListener): void => {
    let top = 0;
    taps.committed.push(() => {
      const height = topHeight(history);
      if (height <= top) return;
      top = height;
      listener.height(height);
    });
    taps.signed.push((_node, { round }) => listener.round(round));
    taps.reported.push((_node, { code }) => listener.event(code));
    history.onReached.push((state) => listener.event(state));
  };

  return {
    names,
    nowMs,
    after: (delayMs, fire) => scheduler.after(delayMs * 1000, fire),
    listen,
    proposer: () => {
      const first = mostAdvanced(cluster).replica?.ledger.nextHeight().proposers[0];
      return first === undefined ? undefined : nameOf(first);
    },
    inject,
    say: (entry) => {
      record(entry);
      trace.say(`timeline ${JSON.stringify(entry)}`);
    },
    record,
    timeline,
    lacking,
    nameOf,
  };
}
