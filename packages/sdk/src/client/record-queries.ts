// Owns: the questions a person asks of records, their custodians and the accesses to them, as reading code over tables.
// Does not own: what a record says (records/), which never stands in a table.
import {
  ACCESSES,
  type AccessRow,
  type Custodian,
  currentEpoch,
  custodyEpoch,
  custodyThreshold,
  type Hex32,
  INSTITUTIONS,
  listCount,
  PATIENT_RECORDS,
  RECORDS,
  type RecordRow,
  readRow,
  receiptsNeeded,
  type StateReader,
} from '@consilium/core';
import { RECORDS_PAGE_MAX } from '../limits.ts';
import { type ListPage, type ListPart, pageOf, readList } from './queries.ts';

export interface RecordView extends RecordRow {
  readonly id: Hex32;
}

export interface AccessView extends AccessRow {
  readonly index: number;
}

export interface NamedCustodian extends Custodian {
  /** From 1: which share is its own. */
  readonly index: number;
  /** Of the institution. */
  readonly name: string;
}

export interface CustodyEpochView {
  readonly epoch: number;
  readonly fromHeight: number;
  readonly custodians: readonly NamedCustodian[];
  /** Shares that open a record. */
  readonly threshold: number;
  /** Receipts without which no record is registered. */
  readonly receiptsNeeded: number;
}

/** null: proven that there is none. */
export function readRecord(state: StateReader, id: Hex32): RecordView | null {
  const row = readRow(state, RECORDS, id);
  return row === undefined ? null : { id, ...row };
}

export function readRecords(state: StateReader, patient: Hex32, part: ListPart): ListPage<RecordView> {
  const rowAt = (index: number): RecordView | undefined => {
    const entry = readRow(state, PATIENT_RECORDS, patient, index);
    return entry === undefined ? undefined : (readRecord(state, entry.record) ?? undefined);
  };
  return pageOf(listCount(state, 'records', patient), part, rowAt, RECORDS_PAGE_MAX);
}

export function readAccesses(state: StateReader, patient: Hex32, part: ListPart): ListPage<AccessView> {
  return readList(state, 'accesses', ACCESSES, patient, part);
}

/** `epoch`: default the current one. */
export function readCustodyEpoch(
  state: StateReader,
  epoch: number = currentEpoch(state),
): CustodyEpochView | null {
  const row = epoch < 0 ? undefined : custodyEpoch(state, epoch);
  if (row === undefined) return null;
  const { fromHeight, custodians } = row;
  return {
    epoch,
    fromHeight,
    custodians: custodians.map((custodian, place) => ({
      ...custodian,
      index: place + 1,
      name: nameOf(state, custodian.id),
    })),
    threshold: custodyThreshold(custodians.length),
    receiptsNeeded: receiptsNeeded(custodians.length),
  };
}

/** An institution keeps its row when it is removed. */
export function nameOf(state: StateReader, institution: Hex32): string {
  return readRow(state, INSTITUTIONS, institution)?.name ?? institution;
}
