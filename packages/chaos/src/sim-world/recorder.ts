// Owns: what a simulated run keeps for its folder: commits and reports in the timeline, the logs, the last messages. It
// listens only: a run is the same with and without it.
import type { Hex32 } from '@consilium/core';
import { type Cluster, wordsOf } from '@consilium/sim';
import type { History } from '../history/history.ts';
import type { WriteSeen } from '../run/verdict.ts';
import type { SimWorld } from './world.ts';

export interface Recorder {
  /** When nodes committed, each node and height. Milliseconds. */
  readonly commitsMs: readonly number[];
  logs(): Readonly<Record<string, readonly string[]>>;
  writes(history: History): readonly WriteSeen[];
}

export function createRecorder(cluster: Cluster, world: SimWorld, record: boolean): Recorder {
  const commitsMs: number[] = [];
  const logs = new Map<string, string[]>();
  const submittedMs = new Map<Hex32, number>();
  cluster.taps.committed.push((id, { block, blockId, certificate, execution }) => {
    commitsMs.push(world.nowMs());
    if (!record) return;
    const { height } = block.header;
    const { stateRoot, txs } = execution;
    const node = world.nameOf(id);
    const { round } = certificate;
    world.record({ kind: 'commit', node, height, round, blockId, stateRoot, txs: txs.length });
  });
  if (record) recordAll();

  function recordAll(): void {
    const { taps, net } = cluster;
    taps.submitted.push(({ id }) => submittedMs.set(id, world.nowMs()));
    taps.reported.push((id, event) => {
      const node = world.nameOf(id);
      const { level, code, ...facts } = event;
      const lines = logs.get(node) ?? [];
      logs.set(node, lines);
      lines.push(JSON.stringify({ atMs: world.nowMs(), ...event }));
      if (level !== 'debug') world.record({ kind: 'report', node, level, code, facts });
    });
    net.onDelivered((from, to, channel, message) => {
      if (channel !== 'agreement') return;
      world.record({
        kind: 'message',
        from: world.nameOf(from),
        to: world.nameOf(to),
        words: wordsOf(channel, message),
      });
    });
  }

  return {
    commitsMs,
    logs: () => Object.fromEntries(logs),
    writes: ({ submitted, chain }) => {
      const onChain = new Set([...chain.values()].flatMap(({ txIds }) => txIds));
      return [...submitted.values()].map(({ id, node, acknowledged }) => ({
        id,
        node: world.nameOf(node),
        atMs: submittedMs.get(id) ?? 0,
        outcome: onChain.has(id) ? 'ok' : acknowledged ? 'lost' : 'info',
      }));
    },
  };
}
