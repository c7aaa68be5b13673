// Owns: the closed code lists that stand on the ledger in clear, under HL7's names, and the form of open codes. Free
// text never stands on the ledger. Does not own: what a decision makes of a code.
import { compareText } from '../bytes.ts';
import { list, oneOf, type Shape, text } from '../codec.ts';
import { GIVEN_UP, readOf, writeOf } from '../codec-shape.ts';
import { ConsiliumError } from '../errors.ts';
import { CODE_LENGTH_MAX } from '../limits.ts';

/** Purposes of use: HL7 v3 ActReason, the branch PurposeOfUse. Sorted. */
export const PURPOSES = [
  'BTG',
  'CAREMGT',
  'ETREAT',
  'FAMRQT',
  'HLEGAL',
  'HOPERAT',
  'HPAYMT',
  'HRESCH',
  'PATRQT',
  'PUBHLTH',
  'TREAT',
] as const;
export type Purpose = (typeof PURPOSES)[number];
export const purposeShape: Shape<Purpose> = oneOf(...PURPOSES);

/** Roles of a credential: HL7 practitioner-role, and those who never treat: auditor, payer, privacy officer. Sorted. */
export const CLINICIAN_ROLES = [
  'auditor',
  'doctor',
  'ict',
  'nurse',
  'payer',
  'pharmacist',
  'privacy-officer',
  'researcher',
  'teacher',
] as const;
export type ClinicianRole = (typeof CLINICIAN_ROLES)[number];
/** Roles of those who treat: only they can say that a patient needs more than the emergency dataset. Sorted. */
export const TREATING_ROLES: readonly ClinicianRole[] = ['doctor', 'nurse', 'pharmacist'];
export const clinicianRoleShape: Shape<ClinicianRole> = oneOf(...CLINICIAN_ROLES);

/** What holds where no consent speaks: the implicit policies of IHE Privacy Consent on FHIR. Sorted. */
export const IMPLICIT_POLICIES = [
  'Policy-all-normal',
  'Policy-basic-normal',
  'Policy-break-glass-only',
  'Policy-deny',
] as const;
export type ImplicitPolicy = (typeof IMPLICIT_POLICIES)[number];
export const implicitPolicyShape: Shape<ImplicitPolicy> = oneOf(...IMPLICIT_POLICIES);

/** Why the glass was broken. Sorted. */
export const EMERGENCY_REASONS = [
  'acute-poisoning',
  'cardiac-arrest',
  'disaster',
  'life-threatening',
  'major-trauma',
  'other-emergency',
  'suicide-risk',
  'unconscious',
] as const;
export type EmergencyReason = (typeof EMERGENCY_REASONS)[number];
export const emergencyReasonShape: Shape<EmergencyReason> = oneOf(...EMERGENCY_REASONS);

const CODE = /^[0-9A-Za-z]+(?:[.-][0-9A-Za-z]+)*$/;
const codeLength = text(CODE_LENGTH_MAX, 1);

/** A code of a published system: letters and digits, joined by single dots or hyphens. No room for a name. */
export const codeShape: Shape<string> = refined(codeLength, (code) => CODE.test(code));

export function isCode(text: string): boolean {
  return text.length > 0 && text.length <= CODE_LENGTH_MAX && CODE.test(text);
}

/** A list that is a set: strictly ascending, so that one meaning has one encoding. `canonicalSet` makes one. */
export function setOf<T extends string>(item: Shape<T>, countMax: number, countMin = 0): Shape<readonly T[]> {
  return refined(list(item, countMax, countMin), isAscending);
}

export function canonicalSet<T extends string>(values: readonly T[]): readonly T[] {
  return [...new Set(values)].sort(compareText);
}

function isAscending(values: readonly string[]): boolean {
  return values.every((value, index) => index === 0 || (values[index - 1] as string) < value);
}

/** The inner shape, and a further condition on the value in both directions. */
export function refined<T>(inner: Shape<T>, holds: (value: T) => boolean): Shape<T> {
  const check = (value: T, path: string): T => {
    if (!holds(value)) throw new ConsiliumError('ENCODING_INVALID', { path });
    return value;
  };
  const [write, read] = [writeOf(inner), readOf(inner)];
  return {
    write: (writer, value) => write(writer, value) && holds(value as T),
    read: (cursor, depth) => {
      const value = read(cursor, depth);
      return value !== GIVEN_UP && holds(value) ? value : GIVEN_UP;
    },
    toWire: (value, path) => {
      const wire = inner.toWire(value, path);
      check(value, path);
      return wire;
    },
    fromWire: (raw, path) => check(inner.fromWire(raw, path), path),
  };
}
