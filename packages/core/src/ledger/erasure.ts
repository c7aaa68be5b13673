// Owns: the erasure of records: asked for by the patient, done or refused by the author, and the word of each custodian
// that it has destroyed what it held. Rules R14 to R17 are those of docs/protocol.md. Does not own: the destruction (the
// daemon), who may open what is not erased (access.ts).
import { compareText, type Hex32 } from '../bytes.ts';
import { hex32, list, type Shape, struct } from '../codec.ts';
import { ConsiliumError } from '../errors.ts';
import {
  ERASURE_CUSTODIANS_MAX,
  ERASURE_REQUESTS_PER_PATIENT_MAX,
  ERASURES_PER_RECEIPT_MAX,
} from '../limits.ts';
import { NO_SALT, requireAccount, takeIndex } from './accounts.ts';
import { refined } from './codes.ts';
import type { ActionDefinition } from './context.ts';
import { currentEpoch, custodyEpoch } from './custody.ts';
import { requireActing, roomFor } from './delegations.ts';
import {
  type ErasureReason,
  type ErasureReceipt,
  type ErasureRequest,
  type ErasureRow,
  erasedRecordsShape,
  erasureReasonShape,
  type RefusalGround,
  refusalGroundShape,
} from './erasure-rows.ts';
import type { RecordRow } from './record-rows.ts';
import { checkAuthorship, requireOwn } from './records.ts';
import { indexShape } from './rows.ts';
import type { StateReader } from './state.ts';
import { mustReadRow, readRow, writeRow } from './table.ts';
import { BATCHES, ERASED_RECORDS, ERASURE_REQUESTS, ERASURES, listCount, RECORDS } from './tables.ts';

export interface RecordEraseBody {
  readonly patient: Hex32;
  readonly records: readonly Hex32[];
  readonly reason: ErasureReason;
}

const eraseShape: Shape<RecordEraseBody> = struct<RecordEraseBody>({
  patient: hex32,
  records: erasedRecordsShape,
  reason: erasureReasonShape,
});

/** R14. By the author: from this block on nobody opens them, and their custodians destroy what they hold. */
export const recordErase: ActionDefinition<RecordEraseBody> = {
  version: 1,
  senders: ['institution', 'clinician'],
  shape: eraseShape,
  work: ({ records }) => records.length,
  check: (context, { patient, records }) => {
    for (const record of records) requireErasable(requireOwn(context, record), patient);
  },
  apply: ({ state, sender, account, height, time, salt }, { patient, records, reason }) => {
    const rows = records.map((record) => mustReadRow(state, RECORDS, record));
    const index = takeIndex(state, 'erasures', null, NO_SALT);
    const author = account.institution;
    const receipts = holdersOf(state, rows).map(
      (custodian): ErasureReceipt => ({ custodian, height: null, time: null }),
    );
    const row = { patient, author, by: sender, reason, records, receipts, height, time, salt };
    writeRow(state, ERASURES, [index], row);
    for (const record of records) {
      const before = mustReadRow(state, RECORDS, record);
      writeRow(state, RECORDS, [record], { ...before, erasedHeight: height });
      writeRow(state, ERASED_RECORDS, [record], { erasure: index, salt });
    }
    return { id: patient, index };
  },
};

/** R15. By the patient, or who acts for the patient in matters of consent. It changes nothing of the records: a law may oblige the author to keep them. */
export const recordRequestErasure: ActionDefinition<RecordEraseBody> = {
  version: 1,
  senders: ['patient', 'clinician'],
  shape: eraseShape,
  work: ({ records }) => records.length,
  check: ({ state, sender }, { patient, records }) => {
    const max = roomFor(patient, sender, ERASURE_REQUESTS_PER_PATIENT_MAX);
    if (listCount(state, 'erasureRequests', patient) >= max)
      throw new ConsiliumError('TX_QUOTA_EXCEEDED', { max });
    for (const record of records) requireErasable(readRow(state, RECORDS, record), patient);
  },
  apply: ({ state, sender, height, time, salt }, { patient, records, reason }) => {
    requireActing(state, { patient, person: sender, scope: 'consent' }, time);
    const index = takeIndex(state, 'erasureRequests', patient, salt);
    const row: ErasureRequest = { by: sender, records, reason, refused: null, height, time, salt };
    writeRow(state, ERASURE_REQUESTS, [patient, index], row);
    return { id: patient, index };
  },
};

export interface RecordRefuseErasureBody {
  readonly patient: Hex32;
  /** Index of the request. */
  readonly request: number;
  readonly ground: RefusalGround;
}

/** R15. By the institution that keeps the patient's records, once for a request, with its ground. */
export const recordRefuseErasure: ActionDefinition<RecordRefuseErasureBody> = {
  version: 1,
  senders: ['institution', 'clinician'],
  shape: struct<RecordRefuseErasureBody>({ patient: hex32, request: indexShape, ground: refusalGroundShape }),
  check: ({ state, account }, { patient, request }) => {
    requireAccount(state, patient);
    checkAuthorship(state, account, patient);
    const row = readRow(state, ERASURE_REQUESTS, patient, request);
    if (row === undefined) throw new ConsiliumError('ERASURE_NOT_FOUND', { what: 'request' });
    if (row.refused !== null || isMet(state, row)) throw new ConsiliumError('ERASURE_ANSWERED');
  },
  apply: ({ state, sender, height, time }, { patient, request, ground }) => {
    const row = mustReadRow(state, ERASURE_REQUESTS, patient, request);
    const refused = { ground, by: sender, height, time };
    writeRow(state, ERASURE_REQUESTS, [patient, request], { ...row, refused });
    return { id: patient, index: request };
  },
};

export interface CustodyErasedBody {
  /** Indexes, ascending. */
  readonly erasures: readonly number[];
}

/** R17. A custodian's receipts: of what these erasures name it holds nothing any more. Each once. */
export const custodyErased: ActionDefinition<CustodyErasedBody> = {
  version: 1,
  senders: ['institution'],
  observers: true,
  shape: struct<CustodyErasedBody>({
    erasures: refined(list(indexShape, ERASURES_PER_RECEIPT_MAX, 1), isAscending),
  }),
  work: ({ erasures }) => erasures.length,
  check: ({ state, sender }, { erasures }) => {
    for (const index of erasures) {
      const row = readRow(state, ERASURES, index);
      if (row === undefined) throw new ConsiliumError('ERASURE_NOT_FOUND', { what: 'erasure' });
      const receipt = row.receipts.find(({ custodian }) => custodian === sender);
      if (receipt === undefined) throw new ConsiliumError('TX_NOT_PERMITTED', { rule: 'custodian' });
      if (receipt.height !== null) throw new ConsiliumError('ERASURE_RECEIPTED');
    }
  },
  apply: ({ state, sender, height, time }, { erasures }) => {
    for (const index of erasures) {
      const row = mustReadRow(state, ERASURES, index);
      const receipts = row.receipts.map((receipt) =>
        receipt.custodian === sender ? { ...receipt, height, time } : receipt,
      );
      writeRow(state, ERASURES, [index], { ...row, receipts });
    }
    return { id: null, index: null };
  },
};

/** Whether everybody who may have held parts of it says that they are destroyed. */
export function isErasureComplete({ receipts }: Pick<ErasureRow, 'receipts'>): boolean {
  return receipts.every(({ height }) => height !== null);
}

export type ErasureRequestState = 'erased' | 'open' | 'refused';

export function erasureRequestState(reader: StateReader, row: ErasureRequest): ErasureRequestState {
  if (isMet(reader, row)) return 'erased';
  return row.refused === null ? 'open' : 'refused';
}

function isMet(reader: StateReader, { records }: ErasureRequest): boolean {
  return records.every((record) => (readRow(reader, RECORDS, record)?.erasedHeight ?? null) !== null);
}

/** Throws `RECORD_NOT_FOUND`, `RECORD_ERASED`. */
function requireErasable(row: RecordRow | undefined, patient: Hex32): void {
  if (row?.patient !== patient) throw new ConsiliumError('RECORD_NOT_FOUND');
  if (row.erasedHeight !== null) throw new ConsiliumError('RECORD_ERASED');
}

/**
 * R16. Custodians of the epochs in which the shares of these records lie, and of all since: they may have been dealt
 * anew already. Of more than the bound the newest epochs count, whose members are still there to say something.
 */
function holdersOf(reader: StateReader, rows: readonly RecordRow[]): readonly Hex32[] {
  const from = Math.min(...rows.map(({ batch }) => mustReadRow(reader, BATCHES, batch).epoch));
  const holders = new Set<Hex32>();
  for (let epoch = currentEpoch(reader); epoch >= from; epoch -= 1) {
    const ids = custodyEpoch(reader, epoch)?.custodians.map(({ id }) => id) ?? [];
    const all = new Set([...holders, ...ids]);
    if (all.size > ERASURE_CUSTODIANS_MAX) break;
    for (const id of ids) holders.add(id);
  }
  return [...holders].sort(compareText);
}

function isAscending(values: readonly number[]): boolean {
  return values.every((value, at) => at === 0 || (values[at - 1] as number) < value);
}
