// Owns: the worklist of a privacy officer as reading code over tables: every emergency of an institution, proven complete,
// and whose privilege is suspended. Does not own: reviewing (actions.ts).
import {
  EMERGENCIES,
  type EmergencyRow,
  emergencyStanding,
  type Hex32,
  type StateReader,
} from '@consilium/core';
import { type ListPage, type ListPart, readList } from '../client/queries.ts';
import type { AsOf } from '../client/reading.ts';

export const EMERGENCY_STATES = ['open', 'overdue', 'reviewed'] as const;
export type EmergencyState = (typeof EMERGENCY_STATES)[number];

export interface EmergencyView extends EmergencyRow {
  readonly index: number;
  /** At the time of the block that the answer is of. */
  readonly state: EmergencyState;
}

export function readEmergencies(
  state: StateReader,
  { time }: AsOf,
  institution: Hex32,
  part: ListPart,
): ListPage<EmergencyView> {
  const page = readList(state, 'emergencies', EMERGENCIES, institution, part);
  return { ...page, items: page.items.map((row) => ({ ...row, state: emergencyState(row, time) })) };
}

export function emergencyState({ review, due }: EmergencyRow, time: number): EmergencyState {
  if (review !== null) return 'reviewed';
  return due <= time ? 'overdue' : 'open';
}

export interface EmergencyPrivilege {
  readonly clinician: Hex32;
  /** One was found unjustified, and the institution has not reinstated the privilege. */
  readonly unjustified: boolean;
  /** Indexes in the worklist of the clinician's institution. */
  readonly open: readonly number[];
  readonly overdue: readonly number[];
  readonly suspended: boolean;
}

/** What the use of the privilege has come to; whether a clinician has it at all says the credential. */
export function readPrivilege(state: StateReader, { time }: AsOf, clinician: Hex32): EmergencyPrivilege {
  const { open, suspended: unjustified } = emergencyStanding(state, clinician);
  const overdue = open.filter(({ due }) => due <= time).map(({ index }) => index);
  return {
    clinician,
    unjustified,
    open: open.map(({ index }) => index),
    overdue,
    suspended: unjustified || overdue.length > 0,
  };
}
