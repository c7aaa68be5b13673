// Owns: the offline check of a file that proves entries of an institution's own systems, with nothing but the genesis: each
// entry true, and where all are claimed none left out (rule A6). Does not own: its text (proof-file.ts).
import {
  type Aggregate,
  type AuditEntry,
  auditChainFault,
  auditDetailDigest,
  auditEntryDigest,
  COUNTS,
  ConsiliumError,
  countShape,
  encode,
  type Genesis,
  type Header,
  type Hex32,
  NO_AUDIT_ENTRY,
  type Verify,
  verifyAuditHead,
  verifyBatchEntry,
  verifyEd25519,
  verifyStateValue,
} from '@consilium/core';
import type { Lined } from '../audit/sectioned-file.ts';
import type { EntriesHead, LinedEntries, ProvenEntry } from './proof-file.ts';
import { parseEntriesFile } from './proof-file.ts';
import { entriesFailed } from './proof-refusals.ts';
import { checkLedgerPart, type LedgerPart } from './verify-batches.ts';

export interface VerifyEntriesOptions {
  /** A file that is older is refused with `STALE`. Milliseconds. */
  readonly maxAgeMs?: number;
  /** Milliseconds since the epoch; needed with `maxAgeMs`, default the clock. */
  readonly now?: number;
  /** A file of the same pseudonym from before: each of its entries must still be there, unchanged. */
  readonly earlier?: string;
  /** Bytes that the detail of the one entry must be, where its salt is in the file. */
  readonly detail?: Uint8Array;
  readonly verify?: Verify;
}

export interface VerifiedEntry extends AuditEntry {
  /** In the file, from 1. */
  readonly line: number;
  readonly batch: number;
  /** Of the block in which its batch was committed. */
  readonly committedHeight: number;
  readonly committedTime: number;
}

export interface VerifiedEntries {
  readonly claim: EntriesHead['claim'];
  readonly institution: Hex32;
  readonly institutionName: string;
  readonly patient: Hex32;
  /** All entries up to this block are in the file when all are claimed. */
  readonly asOf: { readonly height: number; readonly time: number };
  readonly entries: readonly VerifiedEntry[];
}

/**
 * Pure and offline. Throws `PROOF_INVALID` whose data `line` (from 1) and `rule` (an `EntriesCheck`) and sentence say where
 * the file is not what the ledger holds, or `STALE` when it is older than asked for.
 */
export function verifyEntriesFile(
  text: string,
  genesis: Genesis,
  options: VerifyEntriesOptions = {},
): VerifiedEntries {
  const verify = options.verify ?? verifyEd25519;
  const file = parseEntriesFile(text);
  const verified = checkFile(file, genesis, verify);
  checkAge(verified.asOf.time, options);
  if (options.detail !== undefined) checkDetail(file, options.detail);
  if (options.earlier !== undefined)
    checkEarlier(file, verified, checkFile(parseEntriesFile(options.earlier), genesis, verify));
  return verified;
}

function checkFile(file: LinedEntries, genesis: Genesis, verify: Verify): VerifiedEntries {
  const { institution, patient, claim } = file.head;
  const { last, institutionName, rows } = checkLedgerPart(file, genesis, verify);
  if (claim === 'all') checkAll(file, last, rows);
  else checkOne(file);
  const entries = checkEntries(file, rows);
  checkUsed(file);
  const { height, time } = last;
  return { claim, institution, institutionName, patient, asOf: { height, time }, entries };
}

function checkAge(time: number, { maxAgeMs, now = Date.now() }: VerifyEntriesOptions): void {
  if (maxAgeMs !== undefined && now - time > maxAgeMs)
    throw new ConsiliumError('STALE', { time, ageMs: now - time, maxAgeMs });
}

function checkOne({ counts, map, entries, ends }: LinedEntries): void {
  const surplus = counts[0] ?? map[0] ?? entries[1];
  if (surplus !== undefined) throw entriesFailed(surplus.line, 'surplus');
  if (entries.length === 0) throw entriesFailed(ends.entries, 'missing');
}

/** What the last batch there is counts of the pseudonym is exactly what is in the file, in its order. */
function checkAll(file: LinedEntries, header: Header, rows: LedgerPart['rows']): void {
  const { head, entries, ends } = file;
  const row = checkLastBatch(file, header, rows);
  const reaches = row === undefined ? checkNoMap(file) : checkMap(file, row);
  const fault = auditChainFault(
    head.patient,
    entries.map(({ value }) => value.entry),
    reaches,
  );
  if (fault !== undefined) throw entriesFailed(entries[fault.at]?.line ?? ends.entries, fault.rule);
}

/** undefined: the institution has none. */
function checkLastBatch(
  { head, counts, batches, ends }: LinedEntries,
  header: Header,
  rows: LedgerPart['rows'],
): Aggregate | undefined {
  const [only, surplus] = counts;
  if (only === undefined) throw entriesFailed(ends.counts, 'missing');
  if (surplus !== undefined) throw entriesFailed(surplus.line, 'surplus');
  const { count, proof } = only.value;
  const key = COUNTS.keyOf('aggregates', head.institution);
  const value = count === null ? null : encode(countShape, count);
  if (!verifyStateValue(header, COUNTS.number, key, value, proof)) throw entriesFailed(only.line, 'count');
  if (count === null) return undefined;
  const row = rows.get(count.count - 1);
  if (row === undefined) throw entriesFailed(batches.at(-1)?.line ?? ends.batches, 'missing');
  return row;
}

function checkNoMap({ map }: LinedEntries): typeof NO_AUDIT_ENTRY {
  const [surplus] = map;
  if (surplus !== undefined) throw entriesFailed(surplus.line, 'surplus');
  return NO_AUDIT_ENTRY;
}

function checkMap({ head, map, ends }: LinedEntries, { mapRoot }: Aggregate): typeof NO_AUDIT_ENTRY {
  const [only, surplus] = map;
  if (only === undefined) throw entriesFailed(ends.map, 'missing');
  if (surplus !== undefined) throw entriesFailed(surplus.line, 'surplus');
  const { head: reaches, proof } = only.value;
  if (!verifyAuditHead(mapRoot, head.patient, reaches, proof)) throw entriesFailed(only.line, 'map');
  return reaches ?? NO_AUDIT_ENTRY;
}

/** Each in the batch that it names, none in an earlier one than the entry before. */
function checkEntries({ head, entries }: LinedEntries, rows: LedgerPart['rows']): readonly VerifiedEntry[] {
  let before = -1;
  return entries.map(({ line, value }) => {
    const { entry, batch, place } = value;
    if (entry.patient !== head.patient) throw entriesFailed(line, 'patient');
    const row = rows.get(batch);
    if (row === undefined || batch < before || !verifyBatchEntry(row, entry, place))
      throw entriesFailed(line, 'batch');
    before = batch;
    return { line, ...entry, batch, committedHeight: row.height, committedTime: row.time };
  });
}

/** No batch but for one of the entries; the last one there is for the count. */
function checkUsed({ head, batches, entries }: LinedEntries): void {
  const used = new Set(entries.map(({ value }) => value.batch));
  const last = batches.at(-1);
  if (head.claim === 'all' && last !== undefined) used.add(last.value.index);
  const unused = batches.find(({ value }) => !used.has(value.index));
  if (unused !== undefined) throw entriesFailed(unused.line, 'surplus');
}

function checkDetail({ entries }: LinedEntries, detail: Uint8Array): void {
  const [only, second] = entries;
  if (only === undefined || second !== undefined)
    throw new ConsiliumError('VALUE_INVALID', { field: 'detail', rule: 'of one entry' });
  const { salt, entry } = only.value;
  if (salt === null || auditDetailDigest(salt, detail) !== entry.detail)
    throw entriesFailed(only.line, 'detail');
}

/** What was proven once must still be there. Throws naming the line of the later file. */
function checkEarlier(file: LinedEntries, later: VerifiedEntries, earlier: VerifiedEntries): void {
  if (later.claim !== 'all')
    throw new ConsiliumError('VALUE_INVALID', { field: 'earlier', rule: 'against a file of all entries' });
  if (later.institution !== earlier.institution || later.patient !== earlier.patient)
    throw new ConsiliumError('VALUE_INVALID', {
      field: 'earlier',
      rule: 'of another pseudonym or institution',
    });
  if (later.asOf.height < earlier.asOf.height)
    throw new ConsiliumError('STALE', { height: later.asOf.height, earlier: earlier.asOf.height });
  const byIndex = new Map(
    file.entries.map((each): [number, Lined<ProvenEntry>] => [each.value.entry.index, each]),
  );
  for (const entry of earlier.entries) {
    const same = byIndex.get(entry.index);
    if (same === undefined) throw entriesFailed(file.ends.entries, 'earlier');
    if (auditEntryDigest(same.value.entry) !== auditEntryDigest(entryOf(entry)))
      throw entriesFailed(same.line, 'earlier');
  }
}

function entryOf(verified: VerifiedEntry): AuditEntry {
  const { line, batch, committedHeight, committedTime, ...entry } = verified;
  return entry;
}
