// Owns: the offline check of an access log, with nothing but the genesis: every line true, none left out. Does not own:
// its text (log-file.ts), the words of an entry (log-entries.ts).
import {
  ACCESSES,
  type AccessRow,
  accessRowShape,
  COUNTS,
  ConsiliumError,
  canonicalSet,
  countShape,
  encode,
  type Genesis,
  type Header,
  type Hex32,
  INSTITUTIONS,
  institutionShape,
  lightGenesis,
  RECORDS,
  type RecordMarks,
  type RecordRow,
  recordRowShape,
  type Verify,
  verifyEd25519,
  verifyStateValue,
} from '@consilium/core';
import { createChain } from '../client/chain.ts';
import { checkedHeaders } from './checked-headers.ts';
import { type AccessLogEntry, entryOf } from './log-entries.ts';
import { type LinedLog, type LogAccess, type LogRecord, parseAccessLog } from './log-file.ts';
import { logFailed } from './log-refusals.ts';

export interface VerifyLogOptions {
  /** An older log is refused with `STALE`. Milliseconds. */
  readonly maxAgeMs?: number;
  /** Milliseconds since the epoch; needed with `maxAgeMs`, default the clock. */
  readonly now?: number;
  readonly verify?: Verify;
}

export interface VerifiedAccessLog {
  /** Hash of the genesis of the network. */
  readonly genesis: Hex32;
  /** Every access of these pseudonyms up to this block is in the log. */
  readonly completeAsOf: { readonly height: number; readonly time: number };
  readonly patients: readonly Hex32[];
  /** By pseudonym, then in the order in which they were entered. */
  readonly entries: readonly AccessLogEntry[];
  /** What the ledger says of the records that were asked for, by id; of those that are there. */
  readonly records: ReadonlyMap<Hex32, LoggedRecord>;
  /** What institutions are called, by id: those of who asked, and those that wrote the records. */
  readonly institutions: ReadonlyMap<Hex32, string>;
}

/** What never changes of a record. */
export type LoggedRecord = RecordMarks &
  Pick<RecordRow, 'author' | 'writer' | 'version' | 'first' | 'height' | 'time'>;

/**
 * Pure and offline. Throws `PROOF_INVALID` whose data `line` (from 1) and `rule` (a `LogCheck`) and sentence say where the
 * log is not what the ledger holds, or `STALE` when it is older than asked for.
 */
export function verifyAccessLog(
  text: string,
  genesis: Genesis,
  options: VerifyLogOptions = {},
): VerifiedAccessLog {
  const log = parseAccessLog(text);
  const { patients } = log.head;
  if (log.head.genesis !== lightGenesis(genesis).genesis) throw logFailed(1, 'genesis');
  if (canonicalSet(patients).join() !== patients.join()) throw logFailed(1, 'patients');
  const headers = checkedHeaders(log, createChain(genesis, options.verify ?? verifyEd25519), logFailed);
  const last = headers.at(-1);
  if (last === undefined) throw logFailed(log.ends.headers, 'missing');
  const byHeight = new Map(headers.map((header) => [header.height, header]));
  checkAccesses(log, byHeight, checkCounts(log, last));
  const records = checkRecords(log, byHeight);
  checkHeadersUsed(log, last);
  const institutions = checkInstitutions(log, last);
  const { height, time } = last;
  checkAge(time, options);
  return {
    genesis: log.head.genesis,
    completeAsOf: { height, time },
    patients,
    entries: log.accesses.map((access) => entryOf(access, institutions)),
    records,
    institutions,
  };
}

function checkAge(time: number, { maxAgeMs, now = Date.now() }: VerifyLogOptions): void {
  if (maxAgeMs !== undefined && now - time > maxAgeMs)
    throw new ConsiliumError('STALE', { time, ageMs: now - time, maxAgeMs });
}

/** How many accesses each pseudonym has, in the order of the head. */
function checkCounts({ head, counts, ends }: LinedLog, last: Header): readonly number[] {
  counts.forEach(({ line, value: { patient, count, proof } }, at) => {
    if (at >= head.patients.length) throw logFailed(line, 'surplus');
    const key = COUNTS.keyOf('accesses', patient);
    const value = count === null ? null : encode(countShape, count);
    if (patient !== head.patients[at] || !verifyStateValue(last, COUNTS.number, key, value, proof))
      throw logFailed(line, 'count');
  });
  if (counts.length < head.patients.length) throw logFailed(ends.counts, 'missing');
  return counts.map(({ value }) => value.count?.count ?? 0);
}

/** Exactly the accesses that are counted, in order, each proven. */
function checkAccesses(
  log: LinedLog,
  byHeight: ReadonlyMap<number, Header>,
  counts: readonly number[],
): void {
  const expected = counts.flatMap((count, at) =>
    Array.from({ length: count }, (_, index) => ({ patient: log.head.patients[at], index })),
  );
  log.accesses.forEach(({ line, value }, at) => {
    const next = expected[at];
    if (next === undefined) throw logFailed(line, 'surplus');
    if (value.patient !== next.patient || value.index !== next.index) throw logFailed(line, 'order');
    const header = byHeight.get(value.header);
    if (header === undefined || !isProven(header, value)) throw logFailed(line, 'access');
  });
  if (log.accesses.length < expected.length) throw logFailed(log.ends.accesses, 'missing');
}

/** No header but for an access, a record, or the counts. */
function checkHeadersUsed({ headers, accesses, records }: LinedLog, last: Header): void {
  const used = new Set([...accesses, ...records].map(({ value }) => value.header)).add(last.height);
  const unused = headers.find(({ value }) => !used.has(value.header.height));
  if (unused !== undefined) throw logFailed(unused.line, 'surplus');
}

function isProven(header: Header, { patient, index, access, proof }: LogAccess): boolean {
  const key = ACCESSES.keyOf(patient, index);
  return verifyStateValue(header, ACCESSES.number, key, encode(accessRowShape, access), proof);
}

/** What the records are; exactly those that the accesses name and the ledger knows of these patients. */
function checkRecords(log: LinedLog, byHeight: ReadonlyMap<number, Header>): VerifiedAccessLog['records'] {
  const expected = recordsOf(log.accesses.map(({ value }) => value));
  log.records.forEach(({ line, value }, at) => {
    if (at >= expected.length) throw logFailed(line, 'surplus');
    const header = byHeight.get(value.header);
    if (value.id !== expected[at] || header === undefined || !isRecordProven(header, value))
      throw logFailed(line, 'record');
  });
  if (log.records.length < expected.length) throw logFailed(log.ends.records, 'missing');
  return new Map(log.records.map(({ value: { id, record } }) => [id, unchanging(record)]));
}

function isRecordProven(header: Header, { id, record, proof }: LogRecord): boolean {
  return verifyStateValue(header, RECORDS.number, RECORDS.keyOf(id), encode(recordRowShape, record), proof);
}

function unchanging(row: RecordRow): LoggedRecord {
  const { author, writer, version, first, height, time } = row;
  const { confidentiality, emergency, month, effects, tags, tagGeneration } = row;
  const marks = { confidentiality, emergency, month, effects, tags, tagGeneration };
  return { author, writer, version, first, height, time, ...marks };
}

/** What the institutions are called; exactly those of the accesses and of the records. */
function checkInstitutions(log: LinedLog, last: Header): VerifiedAccessLog['institutions'] {
  const expected = institutionsOf(
    log.accesses.map(({ value }) => value),
    log.records.map(({ value }) => value),
  );
  log.institutions.forEach(({ line, value: { id, institution, proof } }, at) => {
    if (at >= expected.length) throw logFailed(line, 'surplus');
    const key = INSTITUTIONS.keyOf(id);
    const value = encode(institutionShape, institution);
    if (id !== expected[at] || !verifyStateValue(last, INSTITUTIONS.number, key, value, proof))
      throw logFailed(line, 'institution');
  });
  if (log.institutions.length < expected.length) throw logFailed(log.ends.institutions, 'missing');
  return new Map(log.institutions.map(({ value }) => [value.id, value.institution.name]));
}

/** Whose people asked, and who wrote the records; ascending. */
export function institutionsOf(
  accesses: readonly { readonly access: Pick<AccessRow, 'institution'> }[],
  records: readonly { readonly record: Pick<RecordRow, 'author'> }[],
): readonly Hex32[] {
  return canonicalSet([
    ...accesses.map(({ access }) => access.institution),
    ...records.map(({ record }) => record.author),
  ]);
}

/** The records of these patients that were asked for, ascending: what the ledger does not know has no row to show. */
export function recordsOf(
  accesses: readonly { readonly access: Pick<AccessRow, 'items'> }[],
): readonly Hex32[] {
  return canonicalSet(
    accesses.flatMap(({ access }) =>
      access.items.filter(({ rule }) => rule !== 'record-unknown').map(({ record }) => record),
    ),
  );
}
