// Owns: records of a test chain in one line each: named ones with real receipts of the hospitals' validator keys, and
// accesses to them. Does not own: packages and shares (packages.ts), which the ledger never sees.
import {
  ACCESSES,
  ACCOUNTS,
  type AccessRow,
  type AccessSelection,
  type Action,
  actionOf,
  BATCHES,
  batchOf,
  canonicalSet,
  currentEpoch,
  custodyEpoch,
  type EmergencyClaim,
  type Hex32,
  hashHex,
  type NewRecord,
  type Purpose,
  RECORDS,
  type Receipt,
  type ReceiptStatement,
  type RecordRegisterBody,
  type RecordRow,
  readRow,
  receiptsNeeded,
  recordIdOf,
  sha256,
  signReceipt,
  TAGS_PER_RECORD,
  toHex,
  utf8,
  ZERO_HASH,
} from '../../src/index.ts';
import { type Chain, secretOf } from './chain.ts';
import { type Person, submit } from './people.ts';

/** The tag of a name, and always 16 in all: the others are nobody's. */
export function tagsWith(...tags: readonly string[]): readonly string[] {
  const padding = Array.from({ length: TAGS_PER_RECORD - tags.length }, (_, at) =>
    toHex(sha256(utf8(`padding ${at}`)).subarray(0, 16)),
  );
  return canonicalSet([...tags, ...padding]);
}

export function newRecord(name: string, wish: Partial<NewRecord> = {}): NewRecord {
  return {
    commitment: recordIdOf(hashHex(utf8(`salt of ${name}`)), [hashHex(utf8(`ciphertext of ${name}`))]),
    pointsHash: hashHex(utf8(`points of ${name}`)),
    amends: null,
    confidentiality: 'N',
    emergency: false,
    month: 2026 * 12,
    effects: [],
    tags: tagsWith(),
    tagGeneration: 1,
    ...wish,
  };
}

/**
 * By the custodians of the statement's epoch with these indexes; without any, by as many as it takes, the last ones. Whose
 * records they are is what the ledger says of the batch, or of the patient.
 */
export function receiptsOf(
  chain: Chain,
  said: Omit<ReceiptStatement, 'patient' | 'author'> & Partial<ReceiptStatement>,
  indexes?: readonly number[],
): readonly Receipt[] {
  const { state } = chain.view();
  const row = readRow(state, BATCHES, said.batch);
  const patient = said.patient ?? row?.patient ?? ZERO_HASH;
  const author = said.author ?? row?.author ?? readRow(state, ACCOUNTS, patient)?.institution ?? ZERO_HASH;
  const statement = { ...said, patient, author };
  const { custodians } = custodyEpoch(state, statement.epoch) ?? { custodians: [] };
  const all = custodians.map((_, place) => place + 1);
  const needed = Math.min(receiptsNeeded(all.length), all.length);
  return (indexes ?? all.slice(-needed)).map((index) => {
    const secret = secretOf(custodians[index - 1]?.signingKey ?? '');
    return { index, signature: signReceipt(secret, chain.deps.genesisHash, statement) };
  });
}

export function registerBody(
  chain: Chain,
  patient: Hex32,
  records: readonly NewRecord[],
  {
    epoch = currentEpoch(chain.view().state),
    indexes,
    ...of
  }: { epoch?: number; indexes?: readonly number[]; author?: Hex32 } = {},
): RecordRegisterBody {
  const batch = batchOf({ records });
  const receipts = receiptsOf(
    chain,
    { ...of, patient, batch, epoch, root: batch, count: records.length },
    indexes,
  );
  return { patient, epoch, records, receipts };
}

export function registration(chain: Chain, patient: Hex32, ...records: readonly NewRecord[]): Action {
  return actionOf('record.register', registerBody(chain, patient, records));
}

export function amendment(chain: Chain, patient: Hex32, ...records: readonly NewRecord[]): Action {
  return actionOf('record.amend', registerBody(chain, patient, records));
}

/** The ids of the records; fails the test when the ledger refuses them. */
export function registered(
  chain: Chain,
  writer: Person,
  patient: Hex32,
  ...records: readonly NewRecord[]
): readonly Hex32[] {
  const { code } = submit(chain, writer, registration(chain, patient, ...records));
  if (code !== 'OK') throw new Error(code);
  return records.map(({ commitment }) => commitment);
}

export function recordAt(chain: Chain, id: Hex32): RecordRow {
  const row = readRow(chain.view().state, RECORDS, id);
  if (row === undefined) throw new Error('no such record');
  return row;
}

export const READER_KEY: Hex32 = hashHex(utf8('key of a reader'));

/** Asked for oneself, under no agreement, with the glass whole. */
export const PLAIN_ASK = { onBehalfOf: null, project: null, emergency: null } as const;

const emergencyFor = (purpose: Purpose): EmergencyClaim | null =>
  purpose === 'BTG' ? { reason: 'unconscious', second: null } : null;

export function opening(
  patient: Hex32,
  wanted: readonly Hex32[] | Extract<AccessSelection, { type: 'query' }>,
  purpose: Purpose = 'TREAT',
): Action {
  const selection: AccessSelection = 'type' in wanted ? wanted : { type: 'records', records: wanted };
  return actionOf('access.open', {
    patient,
    selection,
    purpose,
    readerKey: READER_KEY,
    ...PLAIN_ASK,
    emergency: emergencyFor(purpose),
  });
}

export interface Opened {
  readonly access: number;
  readonly row: AccessRow;
}

/** The entry of an access, permitted or not. */
export function opened(chain: Chain, reader: Person, ...asked: Parameters<typeof opening>): Opened {
  const { code, outcomes } = submit(chain, reader, opening(...asked));
  const access = outcomes[0]?.index;
  const [patient] = asked;
  const row = typeof access === 'number' ? readRow(chain.view().state, ACCESSES, patient, access) : undefined;
  if (typeof access !== 'number' || row === undefined) throw new Error(code);
  return { access, row };
}
