// Owns: a part of checker 2: a block's time is later than its parent's, and while every clock of the network is right no
// block is decided whose time lies further in the future than clocks may differ.
import { faultyMax } from '@consilium/core';
import { type History, violate } from '../history/history.ts';
import type { Checker } from './checker.ts';

export interface BlockTimeRules {
  /** By a clock that is right. Milliseconds since the epoch. */
  readonly nowMs: () => number;
  readonly precisionMs: number;
}

export function createBlockTimeChecker(history: History, { nowMs, precisionMs }: BlockTimeRules): Checker {
  let clocksAreRight = true;
  history.onReached.push((state) => {
    if (state.startsWith('fault:clock-')) clocksAreRight = false;
  });
  return {
    committed: (node, { block: { header }, nextValidators }) => {
      if (history.hostile.has(node)) return;
      const { height, time } = header;
      const where = { height, nodes: [node] };
      const parent = history.chain.get(height - 1)?.block.header;
      if (parent !== undefined && time <= parent.time)
        violate(history, 'validity', `the time of block ${height} is not later than its parent's`, where);
      const isBorne = history.hostile.size <= faultyMax(nextValidators.length);
      const aheadMs = time - nowMs();
      if (clocksAreRight && isBorne && aheadMs > precisionMs)
        violate(history, 'validity', `block ${height} was decided ${aheadMs} ms before its time`, where);
    },
  };
}
