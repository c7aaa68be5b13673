// Owns: finding the first height at which the nodes of a run hold different blocks or states. Nodes whose word proves
// nothing (they lie, or their key runs twice) are left out.
import { findFault } from '../faults/catalogue.ts';
import type { TimelineEntry } from './verdict.ts';

export interface Divergence {
  readonly height: number;
  /** When the second of them was told. */
  readonly atMs: number;
  /** `state`: the same block, with two state roots. */
  readonly of: 'blocks' | 'state';
  /** What is held, and by whom, in the order in which it was first told. */
  readonly sides: readonly DivergenceSide[];
}

export interface DivergenceSide {
  readonly blockId: string;
  readonly stateRoot: string;
  readonly nodes: readonly string[];
}

type Commit = Extract<TimelineEntry, { kind: 'commit' }>;

export function firstDivergence(timeline: readonly TimelineEntry[]): Divergence | undefined {
  const hostile = hostileNodes(timeline);
  const byHeight = new Map<number, Commit[]>();
  for (const entry of timeline) {
    if (entry.kind !== 'commit' || hostile.has(entry.node)) continue;
    const sides = byHeight.get(entry.height);
    if (sides === undefined) byHeight.set(entry.height, [entry]);
    else sides.push(entry);
  }
  const split = [...byHeight].filter(([, commits]) => commits.some((each) => !isSame(each, commits[0])));
  const first = split.sort(([a], [b]) => a - b)[0];
  return first === undefined ? undefined : divergenceOf(first[0], first[1]);
}

function divergenceOf(height: number, commits: readonly Commit[]): Divergence {
  const sides: { blockId: string; stateRoot: string; nodes: string[]; atMs: number }[] = [];
  for (const commit of commits) {
    const { blockId, stateRoot, node, atMs } = commit;
    const side = sides.find((each) => isSame(each, commit));
    if (side === undefined) sides.push({ blockId, stateRoot, nodes: [node], atMs });
    else if (!side.nodes.includes(node)) side.nodes.push(node);
  }
  return {
    height,
    atMs: sides[1]?.atMs ?? 0,
    of: sides.every(({ blockId }) => blockId === sides[0]?.blockId) ? 'state' : 'blocks',
    sides: sides.map(({ blockId, stateRoot, nodes }) => ({ blockId, stateRoot, nodes })),
  };
}

type Held = Pick<Commit, 'blockId' | 'stateRoot'>;

function isSame(a: Held, b: Held | undefined): boolean {
  return a.blockId === b?.blockId && a.stateRoot === b.stateRoot;
}

function hostileNodes(timeline: readonly TimelineEntry[]): ReadonlySet<string> {
  return new Set(
    timeline.flatMap((entry) => (entry.kind === 'fault' && isLie(entry.fault) ? entry.targets : [])),
  );
}

function isLie(fault: string): boolean {
  return findFault(fault)?.class === 'byzantine' || fault === 'copied-key';
}
