// Owns: collecting the access log of a patient from a node, checked before it is handed out. Does not own: the file's form
// (log-file.ts), its offline check (verify-log.ts).
import {
  ACCESSES,
  COUNTS,
  ConsiliumError,
  canonicalSet,
  type Hex32,
  INSTITUTIONS,
  RECORDS,
  rowValue,
  type SignedHeader,
} from '@consilium/core';
import { proven, unproven } from '../client/answer.ts';
import type { Client } from '../client/client.ts';
import { changesUpTo } from '../client/light-steps.ts';
import { fetchRows, type ProvenRow, type ProvenRows } from '../client/rows.ts';
import { askNodes, type ReadOptions, type Session } from '../client/session.ts';
import { freshnessFloor } from '../client/sync.ts';
import { READ_ROUNDS_MAX, STATE_KEYS_MAX } from '../limits.ts';
import {
  ACCESS_LOG_KIND,
  ACCESS_LOG_VERSION,
  type AccessLog,
  formatAccessLog,
  type LogAccess,
  type LogCount,
  type LogInstitution,
  type LogRecord,
} from './log-file.ts';
import { institutionsOf, recordsOf, verifyAccessLog } from './verify-log.ts';

/**
 * One file with every access to the records of these pseudonyms, permitted or not, complete as of its last header. Rows
 * never change, so that a long log needs no moment in which the chain stands still.
 */
export async function exportAccessLog(
  { session }: Client,
  enrolments: readonly { readonly account: Hex32 }[],
  options: ReadOptions = {},
): Promise<string> {
  if (enrolments.length === 0)
    throw new ConsiliumError('VALUE_INVALID', { field: 'enrolments', rule: 'none' });
  const patients = canonicalSet(enrolments.map(({ account }) => account));
  const floor = await freshnessFloor(session, options);
  return askNodes(session, async (node) => {
    const text = formatAccessLog(await collectLog(session, node, patients, floor));
    verifyAccessLog(text, session.chain.genesis, { verify: session.verify });
    return text;
  });
}

/** A row with the header that it is proven under, before headers have numbers. */
type Unnumbered<T extends { readonly header: number }> = Omit<T, 'header'> & {
  readonly signed: SignedHeader;
};

/** What is fetched so far. Rows that never change, or of which only what never changes is told. */
interface Found {
  readonly accesses: ReadonlyMap<Hex32, Unnumbered<LogAccess>[]>;
  readonly records: Map<Hex32, Unnumbered<LogRecord>>;
}

async function collectLog(
  session: Session,
  node: string,
  patients: readonly Hex32[],
  floor: number,
): Promise<AccessLog> {
  const found: Found = { accesses: new Map(patients.map((patient) => [patient, []])), records: new Map() };
  for (let round = 0; round < READ_ROUNDS_MAX; round += 1) {
    const accesses = [...found.accesses.values()].flat();
    const records = [...found.records.values()];
    const head = await fetchHead(session, node, patients, { accesses, records }, floor);
    const wanted = head.counts.flatMap(({ patient, count }) => missing(patient, count?.count ?? 0, found));
    const unread = recordsOf(accesses).filter((id) => !found.records.has(id));
    if (wanted.length === 0 && unread.length === 0) return assemble(session, node, patients, found, head);
    for (const part of inParts(wanted))
      for (const access of await fetchAccesses(session, node, part, floor))
        found.accesses.get(access.patient)?.push(access);
    for (const part of inParts(unread))
      for (const record of await fetchRecords(session, node, part, floor))
        found.records.set(record.id, record);
  }
  throw new ConsiliumError('READ_UNSETTLED', { keys: found.accesses.size });
}

function inParts<T>(keys: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(keys.length / STATE_KEYS_MAX) }, (_, part) =>
    keys.slice(part * STATE_KEYS_MAX, (part + 1) * STATE_KEYS_MAX),
  );
}

interface Head {
  readonly signed: SignedHeader;
  readonly counts: readonly LogCount[];
  readonly institutions: readonly LogInstitution[];
}

/** Counts and names, all of one block, which is not below any that a row is proven under. */
async function fetchHead(
  session: Session,
  node: string,
  patients: readonly Hex32[],
  found: {
    readonly accesses: Parameters<typeof institutionsOf>[0];
    readonly records: Parameters<typeof institutionsOf>[1];
  },
  floor: number,
): Promise<Head> {
  const ids = institutionsOf(found.accesses, found.records);
  const keys = [
    ...patients.map((patient) => ({ table: COUNTS.number, key: COUNTS.keyOf('accesses', patient) })),
    ...ids.map((id) => ({ table: INSTITUTIONS.number, key: INSTITUTIONS.keyOf(id) })),
  ];
  const { signed, rows } = await fetchNotBelow(session, node, keys, floor);
  return {
    signed,
    counts: patients.map((patient, at) => {
      const { value, proof } = rowAt(rows, at);
      const count = value === null ? null : proven('count', () => rowValue(COUNTS, value));
      return { patient, count, proof };
    }),
    institutions: ids.map((id, at) => {
      const { value, proof } = rowAt(rows, patients.length + at);
      if (value === null) throw unproven('institution');
      return { id, institution: proven('institution', () => rowValue(INSTITUTIONS, value)), proof };
    }),
  };
}

function missing(
  patient: Hex32,
  count: number,
  { accesses }: Found,
): readonly { readonly patient: Hex32; readonly index: number }[] {
  const from = accesses.get(patient)?.length ?? 0;
  return Array.from({ length: Math.max(0, count - from) }, (_, more) => ({ patient, index: from + more }));
}

async function fetchAccesses(
  session: Session,
  node: string,
  wanted: readonly { readonly patient: Hex32; readonly index: number }[],
  floor: number,
): Promise<readonly Unnumbered<LogAccess>[]> {
  const keys = wanted.map(({ patient, index }) => ({
    table: ACCESSES.number,
    key: ACCESSES.keyOf(patient, index),
  }));
  const { signed, rows } = await fetchNotBelow(session, node, keys, floor);
  return wanted.map((place, at) => {
    const { value, proof } = rowAt(rows, at);
    if (value === null) throw unproven('access');
    return { ...place, access: proven('access', () => rowValue(ACCESSES, value)), proof, signed };
  });
}

async function fetchRecords(
  session: Session,
  node: string,
  ids: readonly Hex32[],
  floor: number,
): Promise<readonly Unnumbered<LogRecord>[]> {
  const keys = ids.map((id) => ({ table: RECORDS.number, key: RECORDS.keyOf(id) }));
  const { signed, rows } = await fetchNotBelow(session, node, keys, floor);
  return ids.map((id, at) => {
    const { value, proof } = rowAt(rows, at);
    if (value === null) throw unproven('record');
    return { id, record: proven('record', () => rowValue(RECORDS, value)), proof, signed };
  });
}

/** Never below what this client has seen: so the counts, which come last, are of the newest header. */
async function fetchNotBelow(
  session: Session,
  node: string,
  keys: Parameters<typeof fetchRows>[2],
  floor: number,
): Promise<ProvenRows> {
  return fetchRows(session, node, keys, Math.max(floor, session.chain.tip().height));
}

function rowAt(rows: readonly ProvenRow[], at: number): ProvenRow {
  const row = rows[at];
  if (row === undefined) throw new Error('invariant: a row for every key');
  return row;
}

async function assemble(
  session: Session,
  node: string,
  patients: readonly Hex32[],
  found: Found,
  { signed, counts, institutions }: Head,
): Promise<AccessLog> {
  const accesses = [...found.accesses.values()].flat();
  const records = recordsOf(accesses).flatMap((id) => found.records.get(id) ?? []);
  const byHeight = new Map(
    [...accesses.map((each) => each.signed), ...records.map((each) => each.signed), signed].map((each) => [
      each.header.height,
      each,
    ]),
  );
  return {
    head: {
      kind: ACCESS_LOG_KIND,
      version: ACCESS_LOG_VERSION,
      genesis: session.chain.genesisHash,
      patients,
    },
    steps: await changesUpTo(session, node, signed.header.height),
    headers: [...byHeight.values()].sort((a, b) => a.header.height - b.header.height),
    counts,
    accesses: accesses.map(({ signed: under, patient, index, access, proof }) => ({
      patient,
      index,
      header: under.header.height,
      access,
      proof,
    })),
    records: records.map(({ signed: under, id, record, proof }) => ({
      id,
      header: under.header.height,
      record,
      proof,
    })),
    institutions,
  };
}
