// Owns: checker 6: liveness, only when it is owed. First the faults; then, healed, every honest member of the set must make
// further blocks within the bound. While more are down than the network bears, it owes nothing, and makes nothing.
import type { Hex32 } from '@consilium/core';
import { type History, topHeight, violate } from '../history/history.ts';

export interface Progress {
  readonly node: Hex32;
  readonly height: number;
  /** Code of the error that ended it, if one did. */
  readonly failure: string | undefined;
}

/** The height that every node must reach after healing. */
export function healedGoal(history: History, heightsAfter: number): number {
  return topHeight(history) + heightsAfter;
}

export function hasHealed(goal: number, owing: readonly Progress[]): boolean {
  return owing.length > 0 && owing.every(({ height }) => height >= goal);
}

/** To be called when the bound has passed before `hasHealed` came true. */
export function convictUnhealed(history: History, goal: number, owing: readonly Progress[]): void {
  const heights = owing.map(({ height, failure }) => `${height} ${failure ?? ''}`.trimEnd());
  const nodes = owing.filter(({ height }) => height < goal).map(({ node }) => node);
  violate(history, 'liveness', `healed, but the heights are ${heights.join(', ')} of ${goal}`, { nodes });
}

/** In-flight votes may still end a height right after the last fault began. */
const SETTLE_MS = 2_000;

/** `commitsMs`: when the honest nodes committed, each node and height. `standing`: while every fault stood. */
export function convictUnstalled(
  history: History,
  commitsMs: readonly number[],
  standing: { readonly fromMs: number; readonly toMs: number } | undefined,
  healMs: number,
): void {
  if (standing === undefined) return violate(history, 'stall', 'not every step happened');
  const fromMs = standing.fromMs + SETTLE_MS;
  const toMs = Math.min(standing.toMs, healMs);
  if (toMs <= fromMs) violate(history, 'stall', 'the faults stood together for too short to see anything');
  const during = commitsMs.filter((atMs) => atMs > fromMs && atMs < toMs);
  if (during.length > 0)
    violate(
      history,
      'stall',
      `${during.length} commits, over all nodes, while every fault of the scenario stood`,
    );
}
