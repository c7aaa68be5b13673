// Owns: who acts for a patient: guardians and proxies, with their scope and end. Does not own: what they may open
// (decision.ts) or grant (consent.ts) by it.
import type { Hex32 } from '../bytes.ts';
import { hex32, struct } from '../codec.ts';
import { ConsiliumError } from '../errors.ts';
import { CONSENTS_PER_PATIENT_MAX, STANDING_DELEGATIONS_MAX } from '../limits.ts';
import { requireAccount, takeIndex } from './accounts.ts';
import {
  type Delegation,
  type DelegationScope,
  type DelegationTerms,
  delegationTermsFields,
} from './consent-rows.ts';
import type { ActionContext, ActionDefinition } from './context.ts';
import { clinicianCredential } from './identity.ts';
import { indexShape } from './rows.ts';
import type { StateReader } from './state.ts';
import { readRow, writeRow } from './table.ts';
import { ACCOUNTS, DELEGATIONS, listCount, STANDING_DELEGATIONS } from './tables.ts';

export interface IdentityAppointDelegateBody extends DelegationTerms {
  readonly patient: Hex32;
}

/** `index`: of the delegation in the patient's list. */
export interface IdentityEndDelegationBody {
  readonly patient: Hex32;
  readonly index: number;
}

/** A proxy by the patient, a guardian by the institution that enrolled the patient. Gives the index of the delegation. */
export const identityAppointDelegate: ActionDefinition<IdentityAppointDelegateBody> = {
  version: 1,
  senders: ['institution', 'patient'],
  shape: struct<IdentityAppointDelegateBody>({ patient: hex32, ...delegationTermsFields }),
  isWellFormed: ({ patient, delegate, period }) => patient !== delegate && period.from < period.until,
  quota: (reader, sender) => ({
    used: listCount(reader, 'delegations', sender),
    max: CONSENTS_PER_PATIENT_MAX,
  }),
  apply: (context, { patient, ...terms }) => {
    const { state, sender, height, time, salt } = context;
    checkAppointer(context, patient, terms);
    checkDelegate(state, terms.delegate);
    const max = roomFor(patient, sender, CONSENTS_PER_PATIENT_MAX);
    if (listCount(state, 'delegations', patient) >= max)
      throw new ConsiliumError('TX_QUOTA_EXCEEDED', { max });
    if (terms.period.until <= time) throw new ConsiliumError('VALUE_INVALID', { field: 'period.until' });
    const standing = standingDelegations(state, patient, time);
    if (standing.length >= STANDING_DELEGATIONS_MAX)
      throw new ConsiliumError('TX_QUOTA_EXCEEDED', { max: STANDING_DELEGATIONS_MAX });
    const index = takeIndex(state, 'delegations', patient, salt);
    const row: Delegation = {
      ...terms,
      appointedBy: sender,
      height,
      time,
      endedHeight: null,
      endedTime: null,
      salt,
    };
    writeRow(state, DELEGATIONS, [patient, index], row);
    const indexes = [...standing.map((each) => each.index), index];
    writeRow(state, STANDING_DELEGATIONS, [patient], { indexes, salt });
    return { id: patient, index };
  },
};

/** By the patient, the delegate, or who appointed. */
export const identityEndDelegation: ActionDefinition<IdentityEndDelegationBody> = {
  version: 1,
  senders: 'any',
  shape: struct<IdentityEndDelegationBody>({ patient: hex32, index: indexShape }),
  apply: ({ state, sender, height, time, salt }, { patient, index }) => {
    const row = readRow(state, DELEGATIONS, patient, index);
    if (row === undefined) throw new ConsiliumError('DELEGATION_NOT_FOUND');
    if (![patient, row.delegate, row.appointedBy].includes(sender))
      throw new ConsiliumError('TX_NOT_PERMITTED', { rule: 'delegation' });
    if (row.endedHeight !== null) throw new ConsiliumError('DELEGATION_ENDED');
    writeRow(state, DELEGATIONS, [patient, index], { ...row, endedHeight: height, endedTime: time, salt });
    return { id: patient, index };
  },
};

function checkAppointer({ state, sender }: ActionContext, patient: Hex32, { kind }: DelegationTerms): void {
  const subject = requireAccount(state, patient);
  if (subject.kind !== 'patient') throw new ConsiliumError('VALUE_INVALID', { field: 'patient' });
  const appointer = kind === 'proxy' ? patient : subject.institution;
  if (sender !== appointer) throw new ConsiliumError('TX_NOT_PERMITTED', { rule: 'delegation' });
}

/** A person: an institution has staff of its own. */
function checkDelegate(state: StateReader, delegate: Hex32): void {
  if (requireAccount(state, delegate).kind === 'institution')
    throw new ConsiliumError('VALUE_INVALID', { field: 'delegate' });
}

export interface StandingDelegation {
  readonly index: number;
  readonly delegation: Delegation;
}

/** Neither ended nor over at `time`. */
export function standingDelegations(
  reader: StateReader,
  patient: Hex32,
  time: number,
): readonly StandingDelegation[] {
  const { indexes } = readRow(reader, STANDING_DELEGATIONS, patient) ?? { indexes: [] };
  return indexes.flatMap((index) => {
    const delegation = readRow(reader, DELEGATIONS, patient, index);
    const stands =
      delegation !== undefined && delegation.endedHeight === null && time < delegation.period.until;
    return stands ? [{ index, delegation }] : [];
  });
}

export interface Acting {
  readonly patient: Hex32;
  readonly person: Hex32;
  readonly scope: DelegationScope;
}

/** Whether the person acts for the patient within this scope at `time`. A clinician only while the credential stands. */
export function actsFor(reader: StateReader, { patient, person, scope }: Acting, time: number): boolean {
  const account = readRow(reader, ACCOUNTS, person);
  if (account === undefined) return false;
  if (account.kind === 'clinician' && clinicianCredential(reader, account) === undefined) return false;
  return standingDelegations(reader, patient, time).some(
    ({ delegation: { delegate, scopes, period } }) =>
      delegate === person && scopes.includes(scope) && time >= period.from,
  );
}

/**
 * How far a list of the patient that never shrinks may be filled by this account: others fill half of it, so that the last
 * word is left to the patient.
 */
export function roomFor(patient: Hex32, account: Hex32, max: number): number {
  return account === patient ? max : Math.floor(max / 2);
}

/** The patient, or who acts for the patient. Throws `TX_NOT_PERMITTED`. */
export function requireActing(reader: StateReader, acting: Acting, time: number): void {
  if (acting.person !== acting.patient && !actsFor(reader, acting, time))
    throw new ConsiliumError('TX_NOT_PERMITTED', { rule: 'delegation' });
}
