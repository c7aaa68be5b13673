// Owns: the entry of every access, permitted or not, and the second look at the moment a share is released. Rules R7, R10
// and R18 are those of docs/protocol.md. Does not own: the decision (decision.ts), releasing shares (the daemon).
import type { Hex32 } from '../bytes.ts';
import { hex16, hex32, integer, list, nullable, oneOf, type Shape, struct, variants } from '../codec.ts';
import { isSealableKey } from '../custody/encryption-keys.ts';
import { ConsiliumError } from '../errors.ts';
import { ZERO_HASH } from '../hash.ts';
import {
  ACCESS_LIFETIME_MS,
  EMERGENCY_LIFETIME_MS,
  INDEX_MAX,
  RECORDS_PER_ACCESS_MAX,
  RECORDS_PER_QUERY_SCAN_MAX,
  TAGS_PER_RECORD,
} from '../limits.ts';
import type { AccessItem, AccessRow, EmergencyUse } from './access-rows.ts';
import { requireAccount, takeIndex } from './accounts.ts';
import {
  codeShape,
  type EmergencyReason,
  emergencyReasonShape,
  type Purpose,
  purposeShape,
  setOf,
} from './codes.ts';
import { isWithin } from './consent-rules.ts';
import type { ActionContext, ActionDefinition, CheckContext, Outcome } from './context.ts';
import { type AccessQuestion, createDecider } from './decision.ts';
import { actsFor } from './delegations.ts';
import {
  checkSecondOpinion,
  enterEmergency,
  type SecondSignature,
  secondSignatureShape,
  spendSecondOpinion,
} from './emergency.ts';
import { isWorklistFull } from './emergency-standing.ts';
import { clinicianCredential } from './identity.ts';
import type { RecordRow } from './record-rows.ts';
import { type DataPeriod, dataPeriodShape } from './rows.ts';
import type { StateReader } from './state.ts';
import { ACCESSES, listCount, PATIENT_RECORDS, RECORDS, readRow, writeRow } from './tables.ts';

/** Which records: by name, or whatever of the patient's list fits. */
export type AccessSelection =
  | { readonly type: 'records'; readonly records: readonly Hex32[] }
  | {
      readonly type: 'query';
      /** One of them must be among the record's tags; empty: any. */
      readonly tags: readonly string[];
      /** The record's month must lie in it; null: any, and undated records too. */
      readonly months: DataPeriod | null;
      /** Where in the patient's list the search begins. At most `RECORDS_PER_QUERY_SCAN_MAX` rows are looked at. */
      readonly fromIndex: number;
    };

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

const selectionShape: Shape<AccessSelection> = variants<AccessSelection>({
  records: struct<Extract<AccessSelection, { type: 'records' }>>({
    type: oneOf('records'),
    records: list(hex32, RECORDS_PER_ACCESS_MAX, 1),
  }),
  query: struct<Extract<AccessSelection, { type: 'query' }>>({
    type: oneOf('query'),
    tags: setOf(hex16, TAGS_PER_RECORD),
    months: nullable(dataPeriodShape),
    fromIndex: integer(0, INDEX_MAX),
  }),
});

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
  work: ({ selection }) =>
    selection.type === 'query' ? RECORDS_PER_QUERY_SCAN_MAX : selection.records.length,
  check: checkOpening,
  apply: enterOpening,
};

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

/** What an access asked, for its decision then and for the look at each release. */
export function questionOf(
  patient: Hex32,
  {
    reader,
    purpose,
    onBehalfOf,
    project,
    emergency,
  }: Pick<AccessRow, 'reader' | 'purpose' | 'onBehalfOf' | 'project' | 'emergency'>,
): AccessQuestion {
  const wide = emergency !== null && emergency.second !== null;
  return { patient, reader, purpose, onBehalfOf, project, wide };
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

/**
 * The ids that a selection names now; of a query the newest versions only, oldest first. `narrow`: in an emergency a
 * query looks for the emergency dataset and for nothing else.
 */
export function selectRecords(
  reader: StateReader,
  patient: Hex32,
  selection: AccessSelection,
  narrow = false,
): readonly Hex32[] {
  if (selection.type === 'records') return selection.records;
  const { tags, months, fromIndex } = selection;
  const end = Math.min(listCount(reader, 'records', patient), fromIndex + RECORDS_PER_QUERY_SCAN_MAX);
  const found: Hex32[] = [];
  for (let index = fromIndex; index < end && found.length < RECORDS_PER_ACCESS_MAX; index += 1) {
    const record = readRow(reader, PATIENT_RECORDS, patient, index)?.record;
    const row = record === undefined ? undefined : readRow(reader, RECORDS, record);
    if (record === undefined || row === undefined || !isCurrent(row) || (narrow && !row.emergency)) continue;
    if (meets(row.tags, tags) && (months === null || isWithin(row.month, months))) found.push(record);
  }
  return found;
}

function isCurrent({ amendedBy, retractedHeight, erasedHeight }: RecordRow): boolean {
  return amendedBy === null && retractedHeight === null && erasedHeight === null;
}

function meets(tags: readonly string[], wanted: readonly string[]): boolean {
  return wanted.length === 0 || wanted.some((tag) => tags.includes(tag));
}

/** What a custodian is asked for: shares of these places of an access, for the account that opened it. */
export interface ReleaseQuestion {
  readonly patient: Hex32;
  /** Index of the access in the patient's list. */
  readonly access: number;
  readonly reader: Hex32;
}

/**
 * R10. The access, when its reader may be given shares at `time` (the later of the last block's and the custodian's
 * clock). Throws `ACCESS_NOT_FOUND` when this state holds none, `ACCESS_OTHER_READER`, `ACCESS_EXPIRED`.
 */
export function requireAccess(
  reader: StateReader,
  { patient, access, reader: asking }: ReleaseQuestion,
  time: number,
): AccessRow {
  const row = readRow(reader, ACCESSES, patient, access);
  if (row === undefined) throw new ConsiliumError('ACCESS_NOT_FOUND');
  if (row.reader !== asking) throw new ConsiliumError('ACCESS_OTHER_READER');
  if (time >= row.expires) throw new ConsiliumError('ACCESS_EXPIRED');
  return row;
}

/**
 * R10. The record at this place of an access, when its share may leave now. Throws `RECORD_NOT_FOUND` for no such
 * place, `ACCESS_DENIED` when the ledger denied it, `ACCESS_REVOKED` when it would deny it by now: each with the rule.
 */
export function requireReleasable(
  reader: StateReader,
  { patient }: ReleaseQuestion,
  row: AccessRow,
  place: number,
  time: number,
): Hex32 {
  const item = row.items[place];
  if (item === undefined) throw new ConsiliumError('RECORD_NOT_FOUND', { place });
  if (item.decision === 'deny') throw new ConsiliumError('ACCESS_DENIED', { rule: item.rule });
  const now = createDecider(reader, questionOf(patient, row), time)(item.record);
  if (now.decision === 'deny') throw new ConsiliumError('ACCESS_REVOKED', { rule: now.rule });
  return item.record;
}
