// Owns: the file in which an institution keeps which of its patients has which pseudonym, and the secret of each one's
// tags. A secret as a whole: it never leaves the institution. Does not own: enrolment, where the file lies.
import { ConsiliumError, type Hex32, isHexOf } from '@consilium/core';
import { parseObject } from '../keys/key-file.ts';
import { isGeneration } from './grant.ts';

export const REGISTER_KIND = 'consilium-register';

/** A patient as the institution knows it. The patient hands over the tag secret at enrolment. */
export interface RegisteredPatient {
  /** The institution's own number or name of the patient. */
  readonly local: string;
  /** The pseudonym on the ledger. */
  readonly account: Hex32;
  /** X25519, as of the enrolment; null when it is not noted. The ledger has the current one. */
  readonly encryptionKey: Hex32 | null;
  readonly tagSecret: Hex32;
  readonly tagGeneration: number;
}

export interface PatientRegister {
  readonly kind: typeof REGISTER_KIND;
  readonly version: 1;
  /** Hash of the genesis: the network. */
  readonly genesis: Hex32;
  readonly institution: Hex32;
  readonly patients: readonly RegisteredPatient[];
}

export function createRegister(genesis: Hex32, institution: Hex32): PatientRegister {
  return { kind: REGISTER_KIND, version: 1, genesis, institution, patients: [] };
}

/**
 * The register with this patient; with new keys when it knows the patient by the same number and pseudonym. Throws
 * `VALUE_INVALID` when either is another patient's.
 */
export function addPatient(register: PatientRegister, patient: RegisteredPatient): PatientRegister {
  const isSame = (known: RegisteredPatient): boolean =>
    known.local === patient.local && known.account === patient.account;
  const others = register.patients.filter((known) => !isSame(known));
  const taken = others.some(({ local, account }) => local === patient.local || account === patient.account);
  if (taken) throw new ConsiliumError('VALUE_INVALID', { field: 'patient', rule: 'registered otherwise' });
  return { ...register, patients: [...others, patient] };
}

/** By the institution's own number, or by the pseudonym. */
export function findPatient(register: PatientRegister, name: string): RegisteredPatient | undefined {
  return register.patients.find(({ local, account }) => local === name || account === name);
}

export function formatRegister(register: PatientRegister): string {
  return `${JSON.stringify(register, null, 1)}\n`;
}

/** Throws `FILE_INVALID`; never says what stands in the file. */
export function parseRegister(text: string): PatientRegister {
  const { version, genesis, institution, patients } = parseObject(text, REGISTER_KIND);
  const whole =
    version === 1 &&
    isHexOf(genesis, 32) &&
    isHexOf(institution, 32) &&
    Array.isArray(patients) &&
    patients.every(isPatient);
  if (!whole) throw new ConsiliumError('FILE_INVALID', { kind: REGISTER_KIND, rule: 'form' });
  for (const field of ['local', 'account'] as const) {
    if (new Set(patients.map((patient) => patient[field])).size !== patients.length)
      throw new ConsiliumError('FILE_INVALID', { kind: REGISTER_KIND, rule: `two patients of one ${field}` });
  }
  return { kind: REGISTER_KIND, version: 1, genesis, institution, patients };
}

function isPatient(raw: unknown): raw is RegisteredPatient {
  if (typeof raw !== 'object' || raw === null) return false;
  const { local, account, encryptionKey, tagSecret, tagGeneration } = raw as Record<string, unknown>;
  return (
    typeof local === 'string' &&
    local !== '' &&
    isHexOf(account, 32) &&
    (encryptionKey === null || isHexOf(encryptionKey, 32)) &&
    isHexOf(tagSecret, 32) &&
    isGeneration(tagGeneration)
  );
}
