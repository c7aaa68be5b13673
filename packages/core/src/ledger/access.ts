// Owns: who may open which record, decided here and nowhere else, equally on every validator: the entry of every
// access with its outcome, permitted or not, and the second look at the moment a share is released. Rules R7 to R10
// are those of docs/protocol.md. Does not own: consents (consent.ts), releasing shares (the daemon), the words behind
// tags (nobody's on the ledger).
import type { Hex32 } from '../bytes.ts';
import { hex16, hex32, integer, list, nullable, oneOf, type Shape, struct, variants } from '../codec.ts';
import { isSealableKey } from '../custody/encryption-keys.ts';
import { ConsiliumError } from '../errors.ts';
import {
  ACCESS_LIFETIME_MS,
  INDEX_MAX,
  RECORDS_PER_ACCESS_MAX,
  RECORDS_PER_QUERY_SCAN_MAX,
  TAGS_PER_RECORD,
} from '../limits.ts';
import { isActiveInstitution, requireAccount, takeIndex } from './accounts.ts';
import { type Purpose, purposeShape, setOf } from './codes.ts';
import { type StandingConsent, standingConsents } from './consent.ts';
import type { ActionDefinition } from './context.ts';
import { clinicianCredential } from './identity.ts';
import type { AccessDecision, AccessItem, AccessRow, AccessRule, RecordRow } from './record-rows.ts';
import { type Account, type Consent, type DataPeriod, monthShape } from './rows.ts';
import type { StateReader } from './state.ts';
import { ACCESSES, ACCOUNTS, listCount, PATIENT_RECORDS, RECORDS, readRow, writeRow } from './tables.ts';

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

export interface AccessOpenBody {
  /** The pseudonym whose records they are. */
  readonly patient: Hex32;
  readonly selection: AccessSelection;
  readonly purpose: Purpose;
  /** X25519: shares are sealed to it. */
  readonly readerKey: Hex32;
}

const selectionShape: Shape<AccessSelection> = variants<AccessSelection>({
  records: struct<Extract<AccessSelection, { type: 'records' }>>({
    type: oneOf('records'),
    records: list(hex32, RECORDS_PER_ACCESS_MAX, 1),
  }),
  query: struct<Extract<AccessSelection, { type: 'query' }>>({
    type: oneOf('query'),
    tags: setOf(hex16, TAGS_PER_RECORD),
    months: nullable(struct<DataPeriod>({ from: monthShape, until: monthShape })),
    fromIndex: integer(0, INDEX_MAX),
  }),
});

/**
 * R7. Gives the patient's id and the index of the entry. A denied attempt succeeds as a transaction: its entry stands.
 */
export const accessOpen: ActionDefinition<AccessOpenBody> = {
  version: 1,
  senders: ['institution', 'clinician'],
  shape: struct<AccessOpenBody>({
    patient: hex32,
    selection: selectionShape,
    purpose: purposeShape,
    readerKey: hex32,
  }),
  isWellFormed: ({ selection }) =>
    selection.type === 'query' || new Set(selection.records).size === selection.records.length,
  work: ({ selection }) =>
    selection.type === 'query' ? RECORDS_PER_QUERY_SCAN_MAX : selection.records.length,
  check: ({ state }, { patient, readerKey }) => {
    if (!isSealableKey(readerKey)) throw new ConsiliumError('KEY_INVALID', { rule: 'reader key' });
    if (requireAccount(state, patient).kind !== 'patient')
      throw new ConsiliumError('VALUE_INVALID', { field: 'patient' });
  },
  apply: ({ state, sender, account, height, time, salt }, { patient, selection, purpose, readerKey }) => {
    const decide = createDecider(state, { patient, reader: sender, purpose }, time);
    const items = selectRecords(state, patient, selection).map(
      (record): AccessItem => ({ record, ...decide(record) }),
    );
    const index = takeIndex(state, 'accesses', patient, salt);
    const row: AccessRow = {
      reader: sender,
      institution: account.institution,
      purpose,
      readerKey,
      items,
      expires: time + ACCESS_LIFETIME_MS,
      height,
      time,
      salt,
    };
    writeRow(state, ACCESSES, [patient, index], row);
    return { id: patient, index };
  },
};

/** The ids that a selection names now; of a query the newest versions only, oldest first. */
export function selectRecords(
  reader: StateReader,
  patient: Hex32,
  selection: AccessSelection,
): readonly Hex32[] {
  if (selection.type === 'records') return selection.records;
  const { tags, months, fromIndex } = selection;
  const end = Math.min(listCount(reader, 'records', patient), fromIndex + RECORDS_PER_QUERY_SCAN_MAX);
  const found: Hex32[] = [];
  for (let index = fromIndex; index < end && found.length < RECORDS_PER_ACCESS_MAX; index += 1) {
    const record = readRow(reader, PATIENT_RECORDS, patient, index)?.record;
    const row = record === undefined ? undefined : readRow(reader, RECORDS, record);
    if (record === undefined || row === undefined || !isCurrent(row)) continue;
    if (meets(row.tags, tags) && (months === null || isWithin(row.month, months))) found.push(record);
  }
  return found;
}

function isCurrent({ amendedBy, retractedHeight }: RecordRow): boolean {
  return amendedBy === null && retractedHeight === null;
}

function meets(tags: readonly string[], wanted: readonly string[]): boolean {
  return wanted.length === 0 || wanted.some((tag) => tags.includes(tag));
}

function isWithin(month: number | null, { from, until }: DataPeriod): boolean {
  return month !== null && month >= from && month <= until;
}

export interface AccessQuestion {
  /** The pseudonym whose records they are. */
  readonly patient: Hex32;
  /** The account that wants to open. */
  readonly reader: Hex32;
  readonly purpose: Purpose;
}

/**
 * R8. The one place in which an access is decided, for the ledger, for the release of a share, and for who asks
 * beforehand. `time`: milliseconds since the epoch. In this order: the record exists and is not retracted; the reader's
 * credential stands; the law; the authoring institution sees what it wrote; the patient's consents, of which one that
 * excludes overrides all that permit; without any, no.
 */
export function createDecider(
  reader: StateReader,
  question: AccessQuestion,
  time: number,
): (record: Hex32) => AccessDecision {
  const account = readRow(reader, ACCOUNTS, question.reader);
  const entitled = account !== undefined && isEntitled(reader, question.reader, account);
  const consents = standingConsents(reader, question.patient, time).filter(
    ({ consent }) =>
      account !== undefined && addresses(consent, question.reader, account, question.purpose, time),
  );
  return (id) => {
    const row = readRow(reader, RECORDS, id);
    if (row === undefined || row.patient !== question.patient) return deny('record-unknown');
    if (row.retractedHeight !== null) return deny('record-retracted');
    if (account === undefined || !entitled) return deny('credential-ended');
    if (row.effects.includes('separate-authorization') && row.writer !== question.reader)
      return deny('separate-authorization');
    if (row.author === account.institution) return permit('author', null, null);
    return decideByConsents(row, consents);
  };
}

function permit(rule: AccessRule, consent: number | null, tag: string | null): AccessDecision {
  return { decision: 'permit', rule, consent, tag };
}

function deny(rule: AccessRule, consent: number | null = null, tag: string | null = null): AccessDecision {
  return { decision: 'deny', rule, consent, tag };
}

/** A clinician with a standing credential, or an institution that is admitted. */
function isEntitled(reader: StateReader, id: Hex32, account: Account): boolean {
  if (account.kind === 'institution') return isActiveInstitution(reader, id);
  return clinicianCredential(reader, account) !== undefined;
}

/** Whether a standing consent speaks of this reader, this purpose and this time; what it says is another question. */
function addresses(
  { grantee, purposes, period }: Consent,
  id: Hex32,
  { institution }: Account,
  purpose: Purpose,
  time: number,
): boolean {
  if (grantee !== id && grantee !== institution) return false;
  return purposes.includes(purpose) && time >= period.from;
}

function decideByConsents(row: RecordRow, consents: readonly StandingConsent[]): AccessDecision {
  const verdicts = consents.map(({ index, consent }) => verdictOf(row, index, consent));
  return (
    verdicts.find((verdict) => verdict?.decision === 'deny') ??
    verdicts.find((verdict) => verdict?.decision === 'permit') ??
    deny('no-consent')
  );
}

/**
 * R9. What one consent says of a record; undefined: nothing. Tags of another generation cannot be compared, so a
 * consent that excludes anything is taken to exclude. Of an undated record a data period permits nothing and excludes
 * all the same.
 */
function verdictOf(row: RecordRow, index: number, consent: Consent): AccessDecision | undefined {
  const { categories, permittedLabels, excludedLabels, dataPeriod, tagGeneration } = consent;
  if (tagGeneration !== row.tagGeneration)
    return excludedLabels.length > 0 ? deny('excluded', index) : undefined;
  const hit = (tags: readonly string[]): string | undefined => tags.find((tag) => row.tags.includes(tag));
  const undated = row.month === null;
  if (dataPeriod !== null && !undated && !isWithin(row.month, dataPeriod)) return undefined;
  const excluded = hit(excludedLabels);
  if (excluded !== undefined) return deny('excluded', index, excluded);
  if (dataPeriod !== null && undated) return undefined;
  const category = categories.length === 0 ? null : hit(categories);
  const label = hit(permittedLabels);
  if (category === undefined || (isRestricted(row) && label === undefined)) return undefined;
  return permit('consent', index, label ?? category);
}

/** Above the high-water mark of a consent that names no label. */
function isRestricted({ confidentiality }: RecordRow): boolean {
  return confidentiality === 'R' || confidentiality === 'V';
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
  { patient, reader: asking }: ReleaseQuestion,
  row: AccessRow,
  place: number,
  time: number,
): Hex32 {
  const item = row.items[place];
  if (item === undefined) throw new ConsiliumError('RECORD_NOT_FOUND', { place });
  if (item.decision === 'deny') throw new ConsiliumError('ACCESS_DENIED', { rule: item.rule });
  const now = createDecider(reader, { patient, reader: asking, purpose: row.purpose }, time)(item.record);
  if (now.decision === 'deny') throw new ConsiliumError('ACCESS_REVOKED', { rule: now.rule });
  return item.record;
}
