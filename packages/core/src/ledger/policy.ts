// Owns: which implicit policy the hospitals have decided, and what it opens where no consent of a patient speaks
// (docs/protocol.md, R8 and G10). Does not own: the rules before it (decision.ts), the vote (proposals.ts).
import { ConsiliumError } from '../errors.ts';
import type { ClinicianRole, ImplicitPolicy, Purpose } from './codes.ts';
import { isUnder } from './purposes.ts';
import { CONFIDENTIALITY_LEVELS, type Confidentiality } from './record-rows.ts';
import type { Overlay, StateReader } from './state.ts';
import { readRow, writeRow } from './table.ts';
import { POLICY } from './tables.ts';

/** Nothing but emergencies, until the hospitals decide otherwise. */
const FIRST_POLICY: ImplicitPolicy = 'Policy-break-glass-only';

export function implicitPolicy(reader: StateReader): ImplicitPolicy {
  return readRow(reader, POLICY) ?? FIRST_POLICY;
}

/** G10. Throws `VALUE_INVALID` when it is in force already. */
export function checkPolicy(reader: StateReader, policy: ImplicitPolicy): void {
  if (implicitPolicy(reader) === policy)
    throw new ConsiliumError('VALUE_INVALID', { field: 'policy', rule: 'nothing changes' });
}

/** G10. In force for the next action of the same block. */
export function decidePolicy(overlay: Overlay, policy: ImplicitPolicy): void {
  writeRow(overlay, POLICY, [], policy);
}

/** Who is authorized to what by office alone: treatment, payment and operations (45 CFR 164.506(c)). */
const OFFICE: Readonly<Record<ClinicianRole, readonly Purpose[]>> = {
  auditor: ['HOPERAT'],
  doctor: ['TREAT', 'HPAYMT', 'HOPERAT'],
  ict: ['HOPERAT'],
  nurse: ['TREAT', 'HPAYMT', 'HOPERAT'],
  payer: ['HPAYMT'],
  pharmacist: ['TREAT', 'HPAYMT', 'HOPERAT'],
  'privacy-officer': ['HOPERAT'],
  researcher: [],
  teacher: ['HOPERAT'],
};

/** A machine that asks for nobody treats nobody. */
const MACHINE: readonly Purpose[] = ['HPAYMT', 'HOPERAT'];

/** IHE PCF 53.2.1: treatment by clinicians, or every authorized use. */
const OPENED: Readonly<Record<ImplicitPolicy, readonly Purpose[]>> = {
  'Policy-all-normal': ['TREAT', 'HPAYMT', 'HOPERAT'],
  'Policy-basic-normal': ['TREAT'],
  'Policy-break-glass-only': [],
  'Policy-deny': [],
};

/** Normal data only: what is restricted opens by a consent that says so. `role`: null for an institution. */
export function policyOpens(
  policy: ImplicitPolicy,
  role: ClinicianRole | null,
  purpose: Purpose,
): (level: Confidentiality) => boolean {
  const office = role === null ? MACHINE : OFFICE[role];
  const opens = OPENED[policy].some((use) => office.includes(use) && isUnder(purpose, use));
  const reach = CONFIDENTIALITY_LEVELS.indexOf('N');
  return (level) => opens && CONFIDENTIALITY_LEVELS.indexOf(level) <= reach;
}
