// Owns: the figures behind the timeline: bands of faults, heights of each node, transactions a second. Pure.
import { findFault } from '../faults/catalogue.ts';
import { REPORT_CURVE_POINTS_MAX, REPORT_THROUGHPUT_BARS_MAX } from '../limits.ts';
import type { RunRecord, TimelineEntry } from '../run/verdict.ts';

export interface Band {
  readonly id: number;
  readonly fault: string;
  readonly faultClass: string;
  readonly targets: readonly string[];
  readonly params: string;
  readonly fromMs: number;
  /** When it was undone, or the end of the run. */
  readonly toMs: number;
  /** What undid it; undefined when it stood until the end. */
  readonly undo: string | undefined;
}

export interface Point {
  readonly atMs: number;
  readonly height: number;
}

export interface Bar {
  readonly fromMs: number;
  readonly toMs: number;
  readonly perSecond: number;
}

export function endMsOf({ timeline, verdict }: RunRecord): number {
  return timeline.reduce((end, { atMs }) => Math.max(end, atMs), Math.max(verdict.tookMs, 1));
}

export function bandsOf(timeline: readonly TimelineEntry[], endMs: number): readonly Band[] {
  const undone = new Map<number, number>();
  for (const entry of timeline) if (entry.kind === 'undo') undone.set(entry.id, entry.atMs);
  return timeline.flatMap((entry) => {
    if (entry.kind !== 'fault') return [];
    const { id, fault, targets, atMs, params } = entry;
    const known = findFault(fault);
    const toMs = undone.get(id);
    return {
      ...{ id, fault, targets },
      faultClass: known?.class ?? 'other',
      params: Object.entries(params)
        .map(([name, value]) => `${name} = ${value}`)
        .join(', '),
      fromMs: atMs,
      toMs: toMs ?? endMs,
      undo: toMs === undefined ? undefined : (known?.undo ?? 'everything is as before'),
    };
  });
}

/** Rises only: a node that is set back tells of its old heights again, and the curve falls there. */
export function curveOf(timeline: readonly TimelineEntry[], node: string): readonly Point[] {
  const points: Point[] = [{ atMs: 0, height: 0 }];
  for (const entry of timeline)
    if (entry.kind === 'commit' && entry.node === node)
      points.push({ atMs: entry.atMs, height: entry.height });
  return sample(points, REPORT_CURVE_POINTS_MAX);
}

/** Evenly, with the first and the last. */
function sample<Each>(list: readonly Each[], max: number): readonly Each[] {
  if (list.length <= max) return list;
  const at = (index: number): Each => list[Math.round((index * (list.length - 1)) / (max - 1))] as Each;
  return Array.from({ length: max }, (_, index) => at(index));
}

/** Each height counts once, when the first node told of it. */
export function throughputOf(timeline: readonly TimelineEntry[], endMs: number): readonly Bar[] {
  const count = Math.max(1, Math.min(REPORT_THROUGHPUT_BARS_MAX, Math.ceil(endMs / 250)));
  const widthMs = endMs / count;
  const txs = new Array<number>(count).fill(0);
  const seen = new Set<number>();
  for (const entry of timeline) {
    if (entry.kind !== 'commit' || seen.has(entry.height)) continue;
    seen.add(entry.height);
    const index = Math.min(count - 1, Math.floor(entry.atMs / widthMs));
    txs[index] = (txs[index] ?? 0) + entry.txs;
  }
  return txs.map((number, index) => ({
    fromMs: index * widthMs,
    toMs: (index + 1) * widthMs,
    perSecond: (number * 1_000) / widthMs,
  }));
}

/** About `count` round numbers from 0 to `max`. */
export function ticksOf(max: number, count: number): readonly number[] {
  const rough = Math.max(max, Number.EPSILON) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10) * power;
  const ticks: number[] = [];
  for (let index = 0; index * step <= max * 1.000_001; index += 1) ticks.push(index * step);
  return ticks;
}
