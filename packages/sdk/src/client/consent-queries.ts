// Owns: the questions a person asks of what consents rest on: groups, delegations, the hospitals' policy, as reading code
// over tables. Does not own: consents themselves (queries.ts), what any of it decides (core's ledger).
import {
  type AccountGroup,
  DELEGATIONS,
  type Delegation,
  GROUPS,
  type Hex32,
  type StateReader,
} from '@consilium/core';
import { type ListPage, type ListPart, readList } from './queries.ts';
import type { AsOf } from './reading.ts';

export interface GroupView extends AccountGroup {
  readonly institution: Hex32;
  readonly index: number;
}

export type DelegationState = 'upcoming' | 'active' | 'expired' | 'ended';

export interface DelegationView extends Delegation {
  readonly index: number;
  /** At the time of the block that the answer is of. */
  readonly state: DelegationState;
}

export function readGroups(state: StateReader, institution: Hex32, part: ListPart): ListPage<GroupView> {
  const page = readList(state, 'groups', GROUPS, institution, part);
  return { ...page, items: page.items.map((group) => ({ ...group, institution })) };
}

export function readDelegations(
  state: StateReader,
  { time }: AsOf,
  patient: Hex32,
  part: ListPart,
): ListPage<DelegationView> {
  const page = readList(state, 'delegations', DELEGATIONS, patient, part);
  return { ...page, items: page.items.map((each) => ({ ...each, state: delegationState(each, time) })) };
}

/** `time`: milliseconds since the epoch. */
function delegationState({ endedHeight, period }: Delegation, time: number): DelegationState {
  if (endedHeight !== null) return 'ended';
  if (time >= period.until) return 'expired';
  return time < period.from ? 'upcoming' : 'active';
}
