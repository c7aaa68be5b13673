// Owns: who keeps the shares of records: custody epochs as the set of validators changes, the receipts that a batch
// needs, and the move of batches from one epoch to the next: who deals, who is accused, what is confirmed. Rules R1 to
// R13 are those of docs/protocol.md. Does not own: the records (records.ts), dealing and checking shares
// (../custody/sharing.ts and the daemon).
import type { Hex32, Hex64 } from '../bytes.ts';
import { hex32, hex64, integer, list, type Shape, struct } from '../codec.ts';
import {
  CUSTODIANS_MIN,
  custodyThreshold,
  type ReceiptStatement,
  receiptsNeeded,
  verifyReceipt,
} from '../custody/commitments.ts';
import { ConsiliumError } from '../errors.ts';
import { CONFIRMED_BATCHES_MAX, CUSTODY_GRACE_HEIGHTS, VALIDATORS_MAX } from '../limits.ts';
import { isSupport } from '../validators.ts';
import { NO_SALT, takeIndex } from './accounts.ts';
import type { ActionDefinition, CheckContext } from './context.ts';
import { type BatchRow, type Custodian, type CustodyEpoch, epochShape } from './record-rows.ts';
import type { Overlay, StateReader } from './state.ts';
import { mustReadRow, readRow, writeRow } from './table.ts';
import { BATCHES, CUSTODY_ACCUSATIONS, CUSTODY_EPOCHS, INSTITUTIONS, listCount } from './tables.ts';
import { nextValidators } from './validator-sets.ts';

/** The number of the epoch whose custodians new records are sealed for. */
export function currentEpoch(reader: StateReader): number {
  return listCount(reader, 'custodyEpochs', null) - 1;
}

/** Undefined when there was no such epoch. */
export function custodyEpoch(reader: StateReader, epoch: number): CustodyEpoch | undefined {
  return readRow(reader, CUSTODY_EPOCHS, epoch);
}

/** Place of an institution among the custodians, from 1; undefined when it is none of them. */
export function custodianIndex({ custodians }: CustodyEpoch, institution: Hex32): number | undefined {
  const place = custodians.findIndex(({ id }) => id === institution);
  return place < 0 ? undefined : place + 1;
}

/**
 * R1. At the end of block `height`: when another set decides from now on, or a member of it came back with another key,
 * its members are the custodians from now on.
 */
export function advanceCustody(overlay: Overlay, height: number): void {
  const validators = nextValidators(overlay);
  const epoch = currentEpoch(overlay);
  const known = epoch < 0 ? [] : mustReadRow(overlay, CUSTODY_EPOCHS, epoch).custodians;
  const custodians = validators.map(({ id, key }) => ({
    id,
    signingKey: key,
    custodyKey: mustReadRow(overlay, INSTITUTIONS, id).custodyKey,
  }));
  if (known.length === custodians.length && custodians.every((each, place) => isSame(each, known[place])))
    return;
  const next = takeIndex(overlay, 'custodyEpochs', null, NO_SALT);
  writeRow(overlay, CUSTODY_EPOCHS, [next], { fromHeight: height + 1, custodians });
}

function isSame(a: Custodian, b: Custodian | undefined): boolean {
  return a.id === b?.id && a.signingKey === b.signingKey && a.custodyKey === b.custodyKey;
}

/** `index`: of the custodian in its epoch. */
export interface Receipt {
  readonly index: number;
  readonly signature: Hex64;
}

/** Ascending by index, so that one set of receipts has one encoding. */
export const receiptsShape: Shape<readonly Receipt[]> = list(
  struct<Receipt>({ index: integer(1, VALIDATORS_MAX), signature: hex64 }),
  VALIDATORS_MAX,
);

/**
 * R2, R4. Throws `CUSTODY_TOO_FEW`, or `CUSTODY_RECEIPTS_MISSING` when fewer than needed are valid: none may be false.
 */
export function checkReceipts(
  { verify, genesisHash }: Pick<CheckContext, 'verify' | 'genesisHash'>,
  { custodians }: CustodyEpoch,
  statement: ReceiptStatement,
  receipts: readonly Receipt[],
): void {
  if (custodians.length < CUSTODIANS_MIN)
    throw new ConsiliumError('CUSTODY_TOO_FEW', { custodians: custodians.length });
  const needed = receiptsNeeded(custodians.length);
  const ascending = receipts.every(({ index }, i) => i === 0 || (receipts[i - 1]?.index ?? 0) < index);
  const valid = receipts.every(({ index, signature }) => {
    const key = custodians[index - 1]?.signingKey;
    return key !== undefined && verifyReceipt(verify, genesisHash, key, statement, signature);
  });
  if (!ascending || !valid || receipts.length < needed)
    throw new ConsiliumError('CUSTODY_RECEIPTS_MISSING', { receipts: receipts.length, needed });
}

/**
 * The custodians for which a registration of this epoch counts (R5). Throws `CUSTODY_EPOCH_WRONG` unless it is the
 * current epoch, or the one before within the grace after the change.
 */
export function registrationEpoch(reader: StateReader, epoch: number, height: number): CustodyEpoch {
  const current = currentEpoch(reader);
  const latest = mustReadRow(reader, CUSTODY_EPOCHS, current);
  const inGrace = epoch === current - 1 && height < latest.fromHeight + CUSTODY_GRACE_HEIGHTS;
  const found = epoch === current || inGrace ? custodyEpoch(reader, epoch) : undefined;
  if (found === undefined) throw new ConsiliumError('CUSTODY_EPOCH_WRONG', { epoch, current });
  return found;
}

/**
 * R11. Who deals the shares of epoch `from` to the custodians of epoch `to`: as many as open a record, by account id in
 * the order of their index. Those that left come after those that stayed, and those convicted (accused by so many that
 * one of them is honest) after all others: whoever is convicted is replaced as long as anybody else is left.
 */
export function dealersOf(reader: StateReader, from: number, to: number): readonly Hex32[] {
  const old = mustReadRow(reader, CUSTODY_EPOCHS, from).custodians;
  const recipients = mustReadRow(reader, CUSTODY_EPOCHS, to).custodians;
  const isConvicted = (id: Hex32): boolean =>
    isSupport(readRow(reader, CUSTODY_ACCUSATIONS, from, to, id)?.length ?? 0, recipients.length);
  const rank = (id: Hex32): number =>
    (isConvicted(id) ? 2 : 0) + (recipients.some((each) => each.id === id) ? 0 : 1);
  const ranked = old.map(({ id }, place) => ({ id, place, rank: rank(id) }));
  ranked.sort((a, b) => a.rank - b.rank || a.place - b.place);
  const chosen = ranked.slice(0, custodyThreshold(old.length)).sort((a, b) => a.place - b.place);
  return chosen.map(({ id }) => id);
}

export interface ConfirmedBatch {
  readonly batch: Hex32;
  /** Over the leaves with the points of the new shares. */
  readonly root: Hex32;
  readonly receipts: readonly Receipt[];
}

/** `epoch`: the current one, whose custodians signed that they hold new shares of these batches. */
export interface CustodyConfirmBody {
  readonly epoch: number;
  readonly batches: readonly ConfirmedBatch[];
}

/**
 * R13. From here on the new custodians serve, and the ones before destroy what they hold. Batches moved already stay.
 */
export const custodyConfirm: ActionDefinition<CustodyConfirmBody> = {
  version: 1,
  senders: ['institution'],
  shape: struct<CustodyConfirmBody>({
    epoch: epochShape,
    batches: list(
      struct<ConfirmedBatch>({ batch: hex32, root: hex32, receipts: receiptsShape }),
      CONFIRMED_BATCHES_MAX,
      1,
    ),
  }),
  check: (context, { epoch, batches }) => {
    const current = currentEpoch(context.state);
    if (epoch !== current) throw new ConsiliumError('CUSTODY_EPOCH_WRONG', { epoch, current });
    const custodians = mustReadRow(context.state, CUSTODY_EPOCHS, epoch);
    for (const { batch, root, receipts } of batches) {
      const { patient, author, count } = requireBatch(context.state, batch);
      checkReceipts(context, custodians, { patient, author, batch, epoch, root, count }, receipts);
    }
  },
  apply: ({ state }, { epoch, batches }) => {
    for (const { batch, root } of batches) {
      const row = requireBatch(state, batch);
      if (row.epoch < epoch) writeRow(state, BATCHES, [batch], { ...row, epoch, root });
    }
    return { id: null, index: null };
  },
};

/** Throws `RECORD_NOT_FOUND`. */
function requireBatch(reader: StateReader, batch: Hex32): BatchRow {
  const row = readRow(reader, BATCHES, batch);
  if (row === undefined) throw new ConsiliumError('RECORD_NOT_FOUND', { what: 'batch' });
  return row;
}

/** `dealer` dealt falsely or not at all when shares of epoch `from` were to move to epoch `to`. */
export interface CustodyAccuseBody {
  readonly from: number;
  readonly to: number;
  readonly dealer: Hex32;
}

/**
 * R12. One custodian's word convicts nobody: so many must say it that one of them is honest. Saying it again is
 * nothing.
 */
export const custodyAccuse: ActionDefinition<CustodyAccuseBody> = {
  version: 1,
  senders: ['institution'],
  shape: struct<CustodyAccuseBody>({ from: epochShape, to: epochShape, dealer: hex32 }),
  check: ({ state, sender }, { from, to, dealer }) => {
    const current = currentEpoch(state);
    if (to !== current || from >= to) throw new ConsiliumError('CUSTODY_EPOCH_WRONG', { epoch: to, current });
    const recipients = mustReadRow(state, CUSTODY_EPOCHS, to);
    if (custodianIndex(recipients, sender) === undefined)
      throw new ConsiliumError('TX_NOT_PERMITTED', { rule: 'custodian' });
    if (!dealersOf(state, from, to).includes(dealer))
      throw new ConsiliumError('VALUE_INVALID', { field: 'dealer' });
  },
  apply: ({ state, sender }, { from, to, dealer }) => {
    const accusers = readRow(state, CUSTODY_ACCUSATIONS, from, to, dealer) ?? [];
    if (!accusers.includes(sender))
      writeRow(state, CUSTODY_ACCUSATIONS, [from, to, dealer], [...accusers, sender]);
    return { id: null, index: null };
  },
};
