// Owns: many sources made registered records: none twice, none left out, several batches under way at once, nodes and
// custodians dying in between. Does not own: the single steps (prepare, seal, deposit, registration).
import {
  type Account,
  ConsiliumError,
  CUSTODIANS_MIN,
  type ErrorCode,
  type ErrorData,
  type Group,
  type Hex32,
  isConsiliumError,
  nobleGroup,
} from '@consilium/core';
import type { Client } from '../client/client.ts';
import { readAccount } from '../client/queries.ts';
import { type CustodyEpochView, readCustodyEpoch } from '../client/record-queries.ts';
import type { Signer } from '../keys/derive.ts';
import { BATCHES_AT_ONCE } from '../limits.ts';
import { createBatcher, type Placed } from './batches.ts';
import { createDelivery, type Delivery, gatherReceipts, uploadSomewhere } from './deposit.ts';
import { createPatience, type Patience, type PatienceOptions, persist } from './patience.ts';
import { type PreparedRecord, prepareRecord } from './prepare.ts';
import { type RecordPlace, registerBatch } from './registration.ts';
import {
  type BatchOwners,
  commitmentOf,
  createSecretRecord,
  dealBatch,
  type SecretRecord,
  wipe,
} from './seal.ts';
import type { RecordSource } from './sources.ts';
import { uploadRecords } from './upload.ts';

export interface IngestedRecord extends RecordPlace {
  readonly source: string;
}

export interface IngestCounts {
  /** Sources taken so far. */
  readonly read: number;
  /** Encrypted, and with one node. */
  readonly uploaded: number;
  readonly registered: number;
  readonly refused: number;
}

export type IngestProgress = { readonly counts: IngestCounts } & (
  | { readonly state: 'uploaded' }
  /** Receipts are missing of these institutions, by name; none when it is a node that is waited for. */
  | { readonly state: 'waiting'; readonly missing: readonly string[]; readonly code: ErrorCode }
  | { readonly state: 'registered'; readonly records: readonly IngestedRecord[] }
  | { readonly state: 'refused'; readonly source: string; readonly code: ErrorCode; readonly data: ErrorData }
);

export interface IngestOptions extends PatienceOptions {
  /** The authoring institution, or one of its clinicians. */
  readonly signer: Signer;
  readonly onProgress?: (progress: IngestProgress) => void;
  /** Records that cannot be sealed (invalid resources) are told and left out; else the first of them ends all. */
  readonly leaveOutRefused?: boolean;
  /** Called with the ids before they are registered, and waited for: what to look up after a crash of the caller. */
  readonly beforeRegistration?: (records: readonly PlannedRecord[]) => Promise<void>;
  /** Engine of the sharing; default core's own. */
  readonly group?: Group;
}

export interface PlannedRecord {
  readonly record: Hex32;
  readonly source: string;
}

interface Ingest {
  readonly client: Client;
  readonly options: IngestOptions;
  readonly patience: Patience;
  readonly report: Report;
  readonly results: (IngestedRecord | undefined)[];
}

/**
 * Seals and registers the sources; the results are in the order of the sources. What was registered before a throw
 * stays, and was told as progress. Throws `RESOURCE_INVALID` and the like with the source's name, `INTERRUPTED`, the
 * reason of the last wait when the time is over, or the code by which the ledger refuses.
 */
export async function ingestRecords(
  client: Client,
  sources: Iterable<RecordSource> | AsyncIterable<RecordSource>,
  options: IngestOptions,
): Promise<readonly IngestedRecord[]> {
  const patience = createPatience(client.session, options);
  const ingest: Ingest = { client, options, patience, report: createReport(options), results: [] };
  await runSome(batchesOf(ingest, sources), BATCHES_AT_ONCE, (batch) => ingestBatch(ingest, batch));
  return ingest.results.filter((result) => result !== undefined);
}

async function* batchesOf(
  { client, options, patience, report }: Ingest,
  sources: Iterable<RecordSource> | AsyncIterable<RecordSource>,
): AsyncGenerator<readonly Placed[], void, void> {
  const batcher = createBatcher();
  let place = 0;
  for await (const source of sources) {
    patience.check();
    report.count('read', 1);
    const record = await prepared(source, client, options, report);
    if (record !== undefined) yield* batcher.add({ place, record });
    place += 1;
  }
  yield* batcher.rest();
}

async function prepared(
  source: RecordSource,
  { session }: Client,
  { leaveOutRefused = false }: IngestOptions,
  report: Report,
): Promise<PreparedRecord | undefined> {
  try {
    return await prepareRecord(source, session.random);
  } catch (error) {
    if (!leaveOutRefused || !isConsiliumError(error)) throw error;
    report.count('refused', 1);
    report.tell({ state: 'refused', source: source.source, code: error.code, data: error.data });
    return undefined;
  }
}

/** Runs at most `atOnce` at a time. After a failure none is begun; those under way are waited for. */
async function runSome<T>(
  items: AsyncIterable<T>,
  atOnce: number,
  run: (item: T) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<unknown>>();
  const failures: unknown[] = [];
  const begin = (item: T): void => {
    const done: Promise<unknown> = run(item)
      .catch((error: unknown) => failures.push(error))
      .finally(() => running.delete(done));
    running.add(done);
  };
  try {
    for await (const item of items) {
      begin(item);
      while (running.size >= atOnce) await Promise.race(running);
      if (failures.length > 0) break;
    }
  } finally {
    await Promise.all(running);
  }
  if (failures.length > 0) throw failures[0];
}

async function ingestBatch(ingest: Ingest, placed: readonly Placed[]): Promise<void> {
  const { client, options, patience, report, results } = ingest;
  const { session } = client;
  const records = placed.map(({ record }) => createSecretRecord(record, session.random));
  const delivery = createDelivery(session.nodes, (node) => uploadRecords(session, node, records, patience));
  try {
    await uploadSomewhere(delivery, patience, report.waiting);
    report.count('uploaded', records.length);
    report.tell({ state: 'uploaded' });
    await options.beforeRegistration?.(records.map(planned));
    const places = await registerSealed(ingest, records, delivery);
    const ingested = places.map((place, index) => ({ ...place, source: placed[index]?.record.source ?? '' }));
    placed.forEach(({ place }, index) => {
      results[place] = ingested[index];
    });
    report.count('registered', ingested.length);
    report.tell({ state: 'registered', records: ingested });
  } finally {
    wipe(records);
  }
}

/** Deals, deposits and registers, again for every change of custodians that comes between. */
async function registerSealed(
  { client, options, patience, report }: Ingest,
  records: readonly SecretRecord[],
  delivery: Delivery,
): Promise<readonly RecordPlace[]> {
  const { session } = client;
  const patient = records[0]?.prepared.patient.account ?? '';
  for (let round = 0; ; round += 1) {
    const { custodians, ...owners } = await persist(patience, report.waiting, () =>
      readOwners(client, patient, options.signer),
    );
    const batch = await dealBatch(records, owners, custodians, session.random, options.group ?? nobleGroup);
    try {
      const receipts = await gatherReceipts(session, batch, delivery, patience, report.missing);
      return await registerBatch(client, patient, batch, receipts, options.signer, patience, report.waiting);
    } catch (error) {
      if (!isConsiliumError(error, 'CUSTODY_EPOCH_WRONG')) throw error;
      report.waiting(error);
      await patience.wait(round, error);
    }
  }
}

/** Of one block: who keeps shares now, and to whom the record is sealed. Throws `ACCOUNT_NOT_FOUND`, `CUSTODY_TOO_FEW`. */
async function readOwners(
  client: Client,
  patient: Hex32,
  signer: Signer,
): Promise<BatchOwners & { readonly custodians: CustodyEpochView }> {
  const { value } = await client.read((state) => ({
    custodians: readCustodyEpoch(state),
    subject: readAccount(state, patient),
    writer: readAccount(state, signer.account),
  }));
  const { custodians } = value;
  if (custodians === null || custodians.custodians.length < CUSTODIANS_MIN)
    throw new ConsiliumError('CUSTODY_TOO_FEW', { custodians: custodians?.custodians.length ?? 0 });
  const patientKey = mustFind(value.subject, 'patient').encryptionKey;
  if (patientKey === null)
    throw new ConsiliumError('VALUE_INVALID', { field: 'patient', rule: 'no patient' });
  const author = mustFind(value.writer, 'signer').institution;
  return { genesis: client.genesisHash, patient, patientKey, author, signer, custodians };
}

function mustFind(account: Account | null, field: string): Account {
  if (account === null) throw new ConsiliumError('ACCOUNT_NOT_FOUND', { field });
  return account;
}

function planned(record: SecretRecord): PlannedRecord {
  return { record: commitmentOf(record), source: record.prepared.source };
}

interface Report {
  readonly count: (what: keyof IngestCounts, more: number) => void;
  readonly tell: (news: Untold) => void;
  /** A node, or the settling of something, is waited for. */
  readonly waiting: (reason: ConsiliumError) => void;
  readonly missing: (institutions: readonly string[]) => void;
}

type WithoutCounts<T> = T extends unknown ? Omit<T, 'counts'> : never;
type Untold = WithoutCounts<IngestProgress>;

function createReport({ onProgress }: IngestOptions): Report {
  const counts = { read: 0, uploaded: 0, registered: 0, refused: 0 };
  const tell = (news: Untold): void => onProgress?.({ ...news, counts: { ...counts } } as IngestProgress);
  return {
    tell,
    count: (what, more) => {
      counts[what] += more;
    },
    waiting: ({ code }) => tell({ state: 'waiting', missing: [], code }),
    missing: (missing) => tell({ state: 'waiting', missing, code: 'CUSTODY_RECEIPTS_MISSING' }),
  };
}
