// Owns: the entry of every access, permitted or not, and of every look at a log (docs/protocol.md, R7, R18 and R19). Does not
// own: the decision (decision.ts), which records are meant (access-selection.ts), the second look (access-release.ts).
import type { Hex32 } from '../bytes.ts';
import { hex32, nullable, type Shape, struct } from '../codec.ts';
import { isSealableKey } from '../custody/encryption-keys.ts';
import { ConsiliumError } from '../errors.ts';
import { ZERO_HASH } from '../hash.ts';
import {
  ACCESS_LIFETIME_MS,
  ACCESS_WORK,
  DECISION_WORK,
  EMERGENCY_LIFETIME_MS,
  RECORDS_PER_ACCESS_MAX,
  RECORDS_PER_QUERY_SCAN_MAX,
  WORKLIST_WORK,
} from '../limits.ts';
import type { AccessItem, AccessRow, EmergencyUse } from './access-rows.ts';
import { type AccessSelection, selectionShape, selectRecords } from './access-selection.ts';
import { requireAccount, takeIndex } from './accounts.ts';
import {
  codeShape,
  type EmergencyReason,
  emergencyReasonShape,
  type Purpose,
  purposeShape,
} from './codes.ts';
import type { ActionContext, ActionDefinition, CheckContext, Outcome } from './context.ts';
import { type AccessQuestion, createDecider } from './decision.ts';
import { actsFor } from './delegations.ts';
import {
  checkSecondOpinion,
  enterEmergency,
  isTreating,
  type SecondSignature,
  secondSignatureShape,
  spendSecondOpinion,
} from './emergency.ts';
import { isWorklistFull } from './emergency-standing.ts';
import { clinicianCredential } from './identity.ts';
import type { StateReader } from './state.ts';
import { writeRow } from './table.ts';
import { ACCESSES } from './tables.ts';

/** Breaking the glass. `second`: another clinician's word that more than the emergency dataset is needed. */
export interface EmergencyClaim {
  readonly reason: EmergencyReason;
  readonly second: SecondSignature | null;
}

export interface AccessOpenBody {
  /** The pseudonym whose records they are. */
  readonly patient: Hex32;
  readonly selection: AccessSelection;
  readonly purpose: Purpose;
  /** X25519: shares are sealed to it. */
  readonly readerKey: Hex32;
  /** A clinician of the sending institution, for whom its machine asks; null: the sender asks for itself. */
  readonly onBehalfOf: Hex32 | null;
  /** Project or claim of a data-use agreement; null: none. */
  readonly project: string | null;
  /** With purpose BTG, and only then. */
  readonly emergency: EmergencyClaim | null;
}

const claimShape: Shape<EmergencyClaim> = struct<EmergencyClaim>({
  reason: emergencyReasonShape,
  second: nullable(secondSignatureShape),
});

/**
 * R7. Gives the patient's id and the index of the entry. A denied attempt succeeds as a transaction: its entry stands.
 */
export const accessOpen: ActionDefinition<AccessOpenBody> = {
  version: 2,
  senders: ['institution', 'clinician', 'patient'],
  shape: struct<AccessOpenBody>({
    patient: hex32,
    selection: selectionShape,
    purpose: purposeShape,
    readerKey: hex32,
    onBehalfOf: nullable(hex32),
    project: nullable(codeShape),
    emergency: nullable(claimShape),
  }),
  isWellFormed: ({ selection, purpose, onBehalfOf, project, emergency }) =>
    (selection.type === 'query' || new Set(selection.records).size === selection.records.length) &&
    (purpose === 'BTG') === (emergency !== null) &&
    (emergency === null || (onBehalfOf === null && project === null)),
  work: ({ selection, emergency }) =>
    ACCESS_WORK + selectionWork(selection) + (emergency === null ? 0 : WORKLIST_WORK),
  check: checkOpening,
  apply: enterOpening,
};

function selectionWork(selection: AccessSelection): number {
  return selection.type === 'query'
    ? RECORDS_PER_QUERY_SCAN_MAX + RECORDS_PER_ACCESS_MAX * DECISION_WORK
    : selection.records.length * DECISION_WORK;
}

function checkOpening(context: CheckContext, body: AccessOpenBody): void {
  const { state, sender, account } = context;
  const { patient, readerKey, onBehalfOf, emergency } = body;
  if (!isSealableKey(readerKey)) throw new ConsiliumError('KEY_INVALID', { rule: 'reader key' });
  requirePatient(state, patient);
  if (onBehalfOf !== null) {
    const clinician = requireAccount(state, onBehalfOf);
    if (account.kind !== 'institution' || clinician.kind !== 'clinician' || clinician.institution !== sender)
      throw new ConsiliumError('TX_NOT_PERMITTED', { rule: 'on behalf of' });
  }
  if (emergency !== null && isWorklistFull(state, sender))
    throw new ConsiliumError('TX_QUOTA_EXCEEDED', { rule: 'unreviewed emergencies' });
  if (emergency !== null && emergency.second !== null)
    checkSecondOpinion(
      context,
      { patient, reader: sender, readerKey, reason: emergency.reason },
      emergency.second,
    );
}

function enterOpening(context: ActionContext, body: AccessOpenBody): Outcome {
  const { state, sender, account, height, time, salt } = context;
  const { patient, selection, purpose, readerKey, onBehalfOf, project } = body;
  const claim = body.emergency;
  const second = claim?.second ?? null;
  if (second !== null) spendSecondOpinion(context, readerKey, second);
  const question = { patient, reader: sender, purpose, onBehalfOf, project, wide: second !== null };
  const decide = createDecider(state, question, time);
  const narrow = claim !== null && second === null;
  const items = selectRecords(state, patient, selection, narrow).map(
    (record): AccessItem => ({ record, ...decide(record) }),
  );
  const index = takeIndex(state, 'accesses', patient, salt);
  writeRow(state, ACCESSES, [patient, index], {
    kind: 'open',
    reader: sender,
    institution: account.institution,
    onBehalfOf,
    purpose,
    project,
    emergency: claim && emergencyUse(context, { patient, access: index, items }, claim),
    readerKey,
    items,
    expires: time + (claim === null ? ACCESS_LIFETIME_MS : EMERGENCY_LIFETIME_MS),
    height,
    time,
    salt,
  });
  return { id: patient, index };
}

/** What permits anything goes on the worklist. */
function emergencyUse(
  context: ActionContext,
  {
    items,
    ...opened
  }: { readonly patient: Hex32; readonly access: number; readonly items: AccessRow['items'] },
  { reason, second: signature }: EmergencyClaim,
): EmergencyUse {
  const use = { reason, second: signature?.account ?? null };
  const permits = items.some(({ decision }) => decision === 'permit');
  return { ...use, worklist: permits ? enterEmergency(context, { ...opened, ...use }) : null };
}

/** What an access asks as of this state: a second clinician's word weighs as long as that credential stands. */
export function questionOf(
  reader: StateReader,
  patient: Hex32,
  access: Pick<AccessRow, 'reader' | 'purpose' | 'onBehalfOf' | 'project' | 'emergency'>,
): AccessQuestion {
  const { purpose, onBehalfOf, project } = access;
  const second = access.emergency?.second ?? null;
  const wide = second !== null && isTreating(reader, second);
  return { patient, reader: access.reader, purpose, onBehalfOf, project, wide };
}

export interface AccessReadLogBody {
  readonly patient: Hex32;
}

/**
 * R18. Who reads the access log of a patient stands in it first. By the institution that enrolled the patient, its
 * privacy officers and auditors, who acts for the patient with scope `audit`, and the patient.
 */
export const accessReadLog: ActionDefinition<AccessReadLogBody> = {
  version: 1,
  senders: 'any',
  observers: true,
  shape: struct<AccessReadLogBody>({ patient: hex32 }),
  apply: ({ state, sender, account, height, time, salt }, { patient }) => {
    const subject = requirePatient(state, patient);
    const role = clinicianCredential(state, account)?.role;
    const ofInstitution = account.kind !== 'patient' && account.institution === subject.institution;
    const mayRead =
      sender === patient ||
      sender === subject.institution ||
      (ofInstitution && (role === 'privacy-officer' || role === 'auditor')) ||
      actsFor(state, { patient, person: sender, scope: 'audit' }, time);
    if (!mayRead) throw new ConsiliumError('TX_NOT_PERMITTED', { rule: 'log of this patient' });
    const index = takeIndex(state, 'accesses', patient, salt);
    writeRow(state, ACCESSES, [patient, index], {
      kind: 'log',
      reader: sender,
      institution: account.institution,
      onBehalfOf: null,
      purpose: account.kind === 'patient' ? 'PATRQT' : 'HOPERAT',
      project: null,
      emergency: null,
      readerKey: ZERO_HASH,
      items: [],
      expires: time,
      height,
      time,
      salt,
    });
    return { id: patient, index };
  },
};

function requirePatient(reader: StateReader, id: Hex32): ReturnType<typeof requireAccount> {
  const account = requireAccount(reader, id);
  if (account.kind !== 'patient') throw new ConsiliumError('VALUE_INVALID', { field: 'patient' });
  return account;
}
