// Owns: which implicit policy the hospitals have decided: what holds where no consent of a patient speaks. Does not own:
// what it opens (decision.ts), the vote (proposals.ts).
import { ConsiliumError } from '../errors.ts';
import type { ImplicitPolicy } from './codes.ts';
import type { Overlay, StateReader } from './state.ts';
import { POLICY, readRow, writeRow } from './tables.ts';

/** Nothing but emergencies, until the hospitals decide otherwise. */
export const FIRST_POLICY: ImplicitPolicy = 'Policy-break-glass-only';

export function implicitPolicy(reader: StateReader): ImplicitPolicy {
  return readRow(reader, POLICY) ?? FIRST_POLICY;
}

/** Throws `VALUE_INVALID` when it is in force already. */
export function checkPolicy(reader: StateReader, policy: ImplicitPolicy): void {
  if (implicitPolicy(reader) === policy)
    throw new ConsiliumError('VALUE_INVALID', { field: 'policy', rule: 'nothing changes' });
}

/** In force for the next action of the same block. */
export function decidePolicy(overlay: Overlay, policy: ImplicitPolicy): void {
  writeRow(overlay, POLICY, [], policy);
}
