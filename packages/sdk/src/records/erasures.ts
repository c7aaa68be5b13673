// Owns: what a person reads of erasures: of one record with who destroyed it, and what a patient asked for. Does not own: the
// file that proves it offline (audit/erasure-receipt.ts).
import {
  ERASED_RECORDS,
  ERASURE_REQUESTS,
  ERASURES,
  type ErasureRequest,
  type ErasureRequestState,
  type ErasureRow,
  erasureRequestState,
  type Hex32,
  isErasureComplete,
  readRow,
  type StateReader,
} from '@consilium/core';
import { type ListPage, type ListPart, readList } from '../client/queries.ts';
import { nameOf } from '../client/record-queries.ts';

/** A custodian that may have held parts of it; `height` and `time` of its word that they are destroyed, null: none yet. */
export interface CustodianReceipt {
  readonly custodian: Hex32;
  readonly name: string;
  readonly height: number | null;
  readonly time: number | null;
}

export interface ErasureView extends Omit<ErasureRow, 'receipts'> {
  readonly index: number;
  readonly authorName: string;
  readonly receipts: readonly CustodianReceipt[];
  /** Every custodian that may have held parts of it says that they are destroyed. */
  readonly complete: boolean;
}

/** By which erasure a record went; null: by none. */
export function readErasureOf(state: StateReader, record: Hex32): ErasureView | null {
  const index = readRow(state, ERASED_RECORDS, record)?.erasure;
  return index === undefined ? null : readErasure(state, index);
}

export function readErasure(state: StateReader, index: number): ErasureView | null {
  const row = readRow(state, ERASURES, index);
  if (row === undefined) return null;
  return {
    ...row,
    index,
    authorName: nameOf(state, row.author),
    receipts: row.receipts.map((receipt) => ({ ...receipt, name: nameOf(state, receipt.custodian) })),
    complete: isErasureComplete(row),
  };
}

export interface ErasureRequestView extends ErasureRequest {
  readonly index: number;
  readonly state: ErasureRequestState;
}

export function readErasureRequests(
  state: StateReader,
  patient: Hex32,
  part: ListPart,
): ListPage<ErasureRequestView> {
  const page = readList(state, 'erasureRequests', ERASURE_REQUESTS, patient, part);
  return { ...page, items: page.items.map((item) => ({ ...item, state: erasureRequestState(state, item) })) };
}
