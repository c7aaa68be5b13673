// Owns: which records exist: registered in batches with the receipts of their custodians, amended by a new version,
// retracted as entered in error. Nothing is overwritten. Rules R5 and R6 are those of docs/protocol.md. Does not own:
// who may open one (access.ts), who keeps the shares (custody.ts), and what a record says, which never comes here.
import type { Hex32 } from '../bytes.ts';
import { hex32, list, nullable, type Shape, struct } from '../codec.ts';
import { batchRootOf } from '../custody/commitments.ts';
import { ConsiliumError } from '../errors.ts';
import { RECORDS_PER_BATCH_MAX } from '../limits.ts';
import { isActiveInstitution, NO_SALT, requireAccount, takeIndex } from './accounts.ts';
import type { ActionContext, ActionDefinition, CheckContext, Outcome } from './context.ts';
import { checkReceipts, type Receipt, receiptsShape, registrationEpoch } from './custody.ts';
import { clinicianCredential } from './identity.ts';
import { epochShape, type RecordMarks, type RecordRow, recordMarksFields } from './record-rows.ts';
import type { Account } from './rows.ts';
import type { StateReader } from './state.ts';
import { readRow, writeRow } from './table.ts';
import { BATCH_LIST, BATCHES, listCount, PATIENT_RECORDS, RECORDS } from './tables.ts';

/** A record as its author registers it. */
export interface NewRecord extends RecordMarks {
  /** Its id (`recordIdOf`). */
  readonly commitment: Hex32;
  readonly pointsHash: Hex32;
  /** The record that this one is a new version of; null for a first one. */
  readonly amends: Hex32 | null;
}

/** Records sealed together, in their order; `receipts` are over the root of exactly these. */
export interface RecordRegisterBody {
  readonly patient: Hex32;
  readonly epoch: number;
  readonly records: readonly NewRecord[];
  readonly receipts: readonly Receipt[];
}

export interface RecordRetractBody {
  readonly record: Hex32;
}

const registerShape: Shape<RecordRegisterBody> = struct<RecordRegisterBody>({
  patient: hex32,
  epoch: epochShape,
  records: list(
    struct<NewRecord>({
      ...recordMarksFields,
      commitment: hex32,
      pointsHash: hex32,
      amends: nullable(hex32),
    }),
    RECORDS_PER_BATCH_MAX,
    1,
  ),
  receipts: receiptsShape,
});

/** Gives the batch's id and the index of its first record in the patient's list; the others follow. */
export const recordRegister: ActionDefinition<RecordRegisterBody> = {
  version: 1,
  senders: ['institution', 'clinician'],
  shape: registerShape,
  isWellFormed: ({ records }) => records.every(({ amends }) => amends === null),
  check: checkRegistration,
  apply: register,
};

/** R6. As `record.register`; every record is a new version of one that has none yet. */
export const recordAmend: ActionDefinition<RecordRegisterBody> = {
  version: 1,
  senders: ['institution', 'clinician'],
  shape: registerShape,
  isWellFormed: ({ records }) => {
    const amended = records.map(({ amends }) => amends);
    return !amended.includes(null) && new Set(amended).size === amended.length;
  },
  check: (context, body) => {
    checkRegistration(context, body);
    for (const { amends } of body.records) requireAmendable(context, body.patient, amends as Hex32);
  },
  apply: register,
};

/** R6. Entered in error: it stays, and nobody opens it any more. */
export const recordRetract: ActionDefinition<RecordRetractBody> = {
  version: 1,
  senders: ['institution', 'clinician'],
  shape: struct<RecordRetractBody>({ record: hex32 }),
  apply: (context, { record }) => {
    const row = requireOwn(context, record);
    if (row.erasedHeight !== null) throw new ConsiliumError('RECORD_ERASED');
    if (row.retractedHeight !== null) throw new ConsiliumError('RECORD_RETRACTED');
    writeRow(context.state, RECORDS, [record], { ...row, retractedHeight: context.height });
    return { id: record, index: row.index };
  },
};

/** The id of the batch that a registration makes: the root over its records. */
export function batchOf({ records }: Pick<RecordRegisterBody, 'records'>): Hex32 {
  return batchRootOf(records);
}

/** R5, in its order. */
function checkRegistration(context: CheckContext, body: RecordRegisterBody): void {
  const { state, account, height } = context;
  const { patient, epoch, records, receipts } = body;
  checkAuthorship(state, account, patient);
  const custodians = registrationEpoch(state, epoch, height);
  const batch = batchOf(body);
  for (const { commitment } of records)
    if (readRow(state, RECORDS, commitment) !== undefined) throw new ConsiliumError('RECORD_EXISTS');
  if (new Set(records.map(({ commitment }) => commitment)).size !== records.length)
    throw new ConsiliumError('RECORD_EXISTS');
  const author = account.institution;
  const statement = { patient, author, batch, epoch, root: batch, count: records.length };
  checkReceipts(context, custodians, statement, receipts);
}

/**
 * The account that may register records of this patient, for custodians who are asked for receipts before there is a
 * transaction. Throws `ACCOUNT_NOT_FOUND`, `TX_NOT_PERMITTED`.
 */
export function requireRegistrar(reader: StateReader, sender: Hex32, patient: Hex32): Account {
  const account = requireAccount(reader, sender);
  if (account.kind === 'patient') throw new ConsiliumError('TX_NOT_PERMITTED', { rule: 'kind of account' });
  if (!isActiveInstitution(reader, account.institution))
    throw new ConsiliumError('TX_NOT_PERMITTED', { rule: 'removed institution' });
  checkAuthorship(reader, account, patient);
  return account;
}

/** Who writes for the institution that keeps this patient's records. Throws `TX_NOT_PERMITTED`, `ACCOUNT_NOT_FOUND`. */
export function checkAuthorship(reader: StateReader, account: Account, patient: Hex32): void {
  checkWriter(reader, account);
  const subject = requireAccount(reader, patient);
  if (subject.kind !== 'patient' || subject.institution !== account.institution)
    throw new ConsiliumError('TX_NOT_PERMITTED', { rule: 'patient of another institution' });
}

/** Who writes for an institution: itself, or a clinician whom it credentials. Throws `TX_NOT_PERMITTED`. */
function checkWriter(reader: StateReader, account: Account): void {
  if (account.kind === 'institution') return;
  if (clinicianCredential(reader, account) === undefined)
    throw new ConsiliumError('TX_NOT_PERMITTED', { rule: 'credential' });
}

/** Throws `RECORD_NOT_FOUND`, `TX_NOT_PERMITTED`. */
export function requireOwn({ state, account }: CheckContext, record: Hex32): RecordRow {
  const row = readRow(state, RECORDS, record);
  if (row === undefined) throw new ConsiliumError('RECORD_NOT_FOUND');
  checkWriter(state, account);
  if (row.author !== account.institution)
    throw new ConsiliumError('TX_NOT_PERMITTED', { rule: 'record of another institution' });
  return row;
}

function requireAmendable(context: CheckContext, patient: Hex32, amended: Hex32): void {
  const row = requireOwn(context, amended);
  if (row.patient !== patient) throw new ConsiliumError('RECORD_NOT_FOUND');
  if (row.retractedHeight !== null) throw new ConsiliumError('RECORD_RETRACTED');
  if (row.erasedHeight !== null) throw new ConsiliumError('RECORD_ERASED');
  if (row.amendedBy !== null) throw new ConsiliumError('RECORD_AMENDED');
}

function register(context: ActionContext, body: RecordRegisterBody): Outcome {
  const { state, account, height, salt } = context;
  const { patient, epoch, records } = body;
  const batch = batchOf(body);
  const author = account.institution;
  const count = records.length;
  writeRow(state, BATCHES, [batch], { patient, author, count, epoch, root: batch, height, salt });
  writeRow(state, BATCH_LIST, [takeIndex(state, 'batches', null, NO_SALT)], batch);
  const first = listCount(state, 'records', patient);
  records.forEach((record, position) => {
    enter(context, { patient, batch, position }, record);
  });
  return { id: batch, index: first };
}

function enter(
  { state, sender, account, height, time, salt }: ActionContext,
  place: Pick<RecordRow, 'patient' | 'batch' | 'position'>,
  { commitment, pointsHash: _, amends, ...marks }: NewRecord,
): void {
  const amended = amends === null ? undefined : readRow(state, RECORDS, amends);
  const index = takeIndex(state, 'records', place.patient, salt);
  writeRow(state, PATIENT_RECORDS, [place.patient, index], { record: commitment, salt });
  writeRow(state, RECORDS, [commitment], {
    ...marks,
    ...place,
    author: account.institution,
    writer: sender,
    index,
    version: (amended?.version ?? 0) + 1,
    first: amended?.first ?? commitment,
    amends,
    amendedBy: null,
    retractedHeight: null,
    erasedHeight: null,
    height,
    time,
    salt,
  });
  if (amends !== null && amended !== undefined)
    writeRow(state, RECORDS, [amends], { ...amended, amendedBy: commitment });
}
