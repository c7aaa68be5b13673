// Owns: whether a clinician may break the glass now: the privilege, and that it is not suspended. A due date has no timer:
// every use compares the time of its block (docs/protocol.md, R20). Does not own: entering and reviewing them (emergency.ts).
import type { Hex32 } from '../bytes.ts';
import { EMERGENCIES_OPEN_MAX } from '../limits.ts';
import type { AccessRule, EmergencyStanding } from './access-rows.ts';
import type { Credential } from './rows.ts';
import type { StateReader } from './state.ts';
import { readRow } from './table.ts';
import { EMERGENCY_STANDINGS } from './tables.ts';

const UNUSED: Pick<EmergencyStanding, 'open' | 'suspended'> = { open: [], suspended: false };

export function emergencyStanding(
  reader: StateReader,
  clinician: Hex32,
): Pick<EmergencyStanding, 'open' | 'suspended'> {
  return readRow(reader, EMERGENCY_STANDINGS, clinician) ?? UNUSED;
}

/** Found unjustified and not reinstated, or one is overdue. */
export function isSuspended(reader: StateReader, clinician: Hex32, time: number): boolean {
  const { open, suspended } = emergencyStanding(reader, clinician);
  return suspended || open.some(({ due }) => due <= time);
}

/** The rule by which this reader may not break the glass at `time`; undefined: it may. */
export function emergencyRefusal(
  reader: StateReader,
  credential: Credential | null,
  clinician: Hex32,
  time: number,
): AccessRule | undefined {
  if (credential?.emergency !== true) return 'emergency-privilege';
  return isSuspended(reader, clinician, time) ? 'emergency-suspended' : undefined;
}

export function isWorklistFull(reader: StateReader, clinician: Hex32): boolean {
  return emergencyStanding(reader, clinician).open.length >= EMERGENCIES_OPEN_MAX;
}
