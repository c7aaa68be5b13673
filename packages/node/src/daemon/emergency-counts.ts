// Owns: how many emergencies of the own institution there are, wait for their review, and are overdue: numbers, and nothing
// of who or whom. Does not own: the worklist (core's ledger), metrics.
import { EMERGENCIES, type Hex32, listCount, readRow } from '@consilium/core';
import { EMERGENCY_ROWS_PER_LOOK } from '../limits.ts';
import type { Kv } from '../ports.ts';
import { stateReader } from '../replica/chain.ts';

export interface EmergencyCounts {
  readonly total: number;
  /** undefined: the list has not been gone through yet since the start. */
  readonly open: number | undefined;
  readonly overdue: number | undefined;
}

/** Each look reads what is new and what was open at the last one. `wallMs`: since the epoch; an idle chain has an old time. */
export function createEmergencyCounts(
  kv: Pick<Kv, 'get'>,
  institution: Hex32,
): (wallMs: number) => EmergencyCounts {
  const open = new Map<number, number>();
  let next = 0;
  return (wallMs) => {
    const state = stateReader(kv);
    const total = listCount(state, 'emergencies', institution);
    for (const index of open.keys())
      if (readRow(state, EMERGENCIES, institution, index)?.review !== null) open.delete(index);
    for (const end = Math.min(total, next + EMERGENCY_ROWS_PER_LOOK); next < end; next += 1) {
      const row = readRow(state, EMERGENCIES, institution, next);
      if (row?.review === null) open.set(next, row.due);
    }
    if (next < total) return { total, open: undefined, overdue: undefined };
    const overdue = [...open.values()].filter((due) => due <= wallMs).length;
    return { total, open: open.size, overdue };
  };
}
