// Owns: entering a batch on the ledger, so that it stands there once whatever happens on the way. Does not own: the
// receipts that it needs (deposit.ts).
import {
  type Action,
  actionOf,
  ConsiliumError,
  type Hex32,
  RECORDS,
  type Receipt,
  readRow,
} from '@consilium/core';
import type { Client } from '../client/client.ts';
import type { Signer } from '../keys/derive.ts';
import { type Patience, persist } from './patience.ts';
import type { DealtBatch } from './seal.ts';
import { submitUntilSettled } from './settled.ts';

/** Where a record stands. */
export interface RecordPlace {
  readonly record: Hex32;
  readonly batch: Hex32;
  /** In the batch, from 0. */
  readonly position: number;
}

/**
 * Registers the batch and gives its records' places, proven. Throws the code by which the ledger refuses it;
 * `CUSTODY_EPOCH_WRONG` among them: it must be dealt anew.
 */
export async function registerBatch(
  client: Client,
  patient: Hex32,
  batch: DealtBatch,
  receipts: readonly Receipt[],
  signer: Signer,
  patience: Patience,
  onWait: (reason: ConsiliumError) => void,
): Promise<readonly RecordPlace[]> {
  const action = registration(patient, batch, receipts);
  const refusal = await refusalOf(() => submitUntilSettled(client, [action], signer, patience, onWait));
  if (refusal === undefined)
    return batch.records.map(({ commitment }, position) => ({
      record: commitment,
      batch: batch.batch,
      position,
    }));
  // An earlier transaction of the same records may have come through.
  const places = await persist(patience, onWait, () => findPlaces(client, batch));
  if (places !== undefined) return places;
  throw refusal;
}

function registration(patient: Hex32, batch: DealtBatch, receipts: readonly Receipt[]): Action {
  const { custodians, records } = batch;
  const amending = records.some(({ amends }) => amends !== null);
  const type = amending ? 'record.amend' : 'record.register';
  return actionOf(type, { patient, epoch: custodians.epoch, records, receipts });
}

/** Why it is not registered. A refusal counts the same whether a node or the block says it. */
async function refusalOf(
  submit: () => ReturnType<typeof submitUntilSettled>,
): Promise<ConsiliumError | undefined> {
  try {
    const { code } = await submit();
    return code === 'OK' ? undefined : new ConsiliumError(code);
  } catch (error) {
    if (!(error instanceof ConsiliumError) || !isOfLedger(error)) throw error;
    return error;
  }
}

/** What the ledger's rules refuse, against what went wrong on the way there. */
function isOfLedger(error: ConsiliumError): boolean {
  return /^(?:CUSTODY|RECORD|TX)_/.test(error.code) && error.code !== 'TX_STATE_UNKNOWN';
}

/**
 * Where these records stand as this author's, of this patient; undefined unless all of them do. Custodians know their ids too,
 * and what one of them registered under them is another record.
 */
async function findPlaces(
  client: Client,
  { patient, author, records }: DealtBatch,
): Promise<readonly RecordPlace[] | undefined> {
  const { value } = await client.read((state) =>
    records.map(({ commitment }) => readRow(state, RECORDS, commitment)),
  );
  const rows = value.flatMap((row) =>
    row !== undefined && row.patient === patient && row.author === author ? [row] : [],
  );
  if (rows.length < records.length) return undefined;
  return rows.map(({ batch, position }, index) => ({
    record: records[index]?.commitment ?? '',
    batch,
    position,
  }));
}
