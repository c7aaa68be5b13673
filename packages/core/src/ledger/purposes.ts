// Owns: which purpose of use lies under which, as HL7 publishes them, and what a rule that names one speaks of. Does not
// own: the list of purposes (codes.ts).
//
// Source: HL7 v3 ActReason, branch PurposeOfUse (hl7.terminology 7.0.1).
import type { Purpose } from './codes.ts';

/** Purpose -> the one above it; null at the top. */
const PURPOSE_PARENTS: Readonly<Record<Purpose, Purpose | null>> = {
  BTG: 'ETREAT',
  CAREMGT: 'HOPERAT',
  ETREAT: 'TREAT',
  FAMRQT: 'PATRQT',
  HLEGAL: 'HOPERAT',
  HOPERAT: null,
  HPAYMT: null,
  HRESCH: null,
  PATRQT: null,
  PUBHLTH: null,
  TREAT: null,
};

/** Whether `purpose` is `general` or lies under it. */
export function isUnder(purpose: Purpose, general: Purpose): boolean {
  for (let each: Purpose | null = purpose; each !== null; each = PURPOSE_PARENTS[each])
    if (each === general) return true;
  return false;
}

/** Whether a rule that names these purposes (none: any) covers a request for `purpose`. */
export function covers(named: readonly Purpose[], purpose: Purpose): boolean {
  return named.length === 0 || named.some((each) => isUnder(purpose, each));
}

/** Rules of treatment in general say nothing of breaking the glass: only one that names it or emergencies does. */
export function namesEmergency(named: readonly Purpose[]): boolean {
  return named.includes('BTG') || named.includes('ETREAT');
}
