// Owns: collecting what proves entries of an institution's own systems: entries from its store, rows from a node, checked
// before it is handed out. Does not own: the file's form (proof-file.ts), its offline check (verify-entries.ts).
import {
  AGGREGATES,
  COUNTS,
  ConsiliumError,
  type Hex32,
  INSTITUTIONS,
  type MerkleProof,
  rowValue,
  type SignedHeader,
} from '@consilium/core';
import { proven, unproven } from '../client/answer.ts';
import type { Client } from '../client/client.ts';
import { changesUpTo } from '../client/light-steps.ts';
import { fetchRows, type ProvenRow } from '../client/rows.ts';
import { askNodes, type ReadOptions, type Session } from '../client/session.ts';
import { freshnessFloor } from '../client/sync.ts';
import { READ_ROUNDS_MAX, STATE_KEYS_MAX } from '../limits.ts';
import type { AuditMap } from './audit-map.ts';
import type { StoredEntry } from './batch.ts';
import { AUDIT_PROOF_KIND, type EntriesFile, formatEntriesFile, type ProvenBatch } from './proof-file.ts';
import { verifyEntriesFile } from './verify-entries.ts';

export interface PlacedEntry extends StoredEntry {
  readonly batch: number;
  /** Of its batch. */
  readonly root: Hex32;
  readonly place: MerkleProof;
}

/** The store of the institution, as proofs are made from it. */
export interface EntriesSource {
  readonly genesis: Hex32;
  readonly institution: Hex32;
  /** After how many batches the map is. */
  readonly batches: () => number;
  readonly map: () => AuditMap;
  /** Reads on until the map is after so many batches. Throws `AGGREGATES_DIVERGED` when the store has fewer. */
  readonly growTo: (batches: number) => Promise<void>;
  /** All of a pseudonym, in the order of its chain; with `index`, that one alone. Those after the map are not among them. */
  readonly entriesOf: (patient: Hex32, index?: number) => Promise<readonly PlacedEntry[]>;
}

export interface ProveOptions extends ReadOptions {
  /** This entry alone, by its index in the chain; else all. */
  readonly index?: number | undefined;
  /** With the salts, so that whoever has a detail can check it. Default: without. */
  readonly salts?: boolean | undefined;
}

/**
 * The file as text. Throws `VALUE_INVALID` for an index that the pseudonym does not have, `AGGREGATES_DIVERGED` when store
 * and ledger differ.
 */
export async function proveEntries(
  { session }: Client,
  source: EntriesSource,
  patient: Hex32,
  options: ProveOptions = {},
): Promise<string> {
  if (source.genesis !== session.chain.genesisHash)
    throw new ConsiliumError('VALUE_INVALID', { field: 'store', rule: 'of another genesis' });
  const floor = await freshnessFloor(session, options);
  return askNodes(session, async (node) => {
    const text = formatEntriesFile(await collect(session, node, source, patient, floor, options));
    verifyEntriesFile(text, session.chain.genesis, { verify: session.verify });
    return text;
  });
}

type Collected = Omit<ProvenBatch, 'header'> & { readonly signed: SignedHeader };

interface Head {
  readonly signed: SignedHeader;
  readonly institution: EntriesFile['institutions'][number];
  readonly count: EntriesFile['counts'][number];
  /** The batch that was the last one when it was asked for. */
  readonly last: Collected | undefined;
}

/** Rows never change, so that those of the entries need no moment in which nothing is committed: the head comes last. */
async function collect(
  session: Session,
  node: string,
  source: EntriesSource,
  patient: Hex32,
  floor: number,
  options: ProveOptions,
): Promise<EntriesFile> {
  const found = new Map<number, Collected>();
  for (let round = 0; round < READ_ROUNDS_MAX; round += 1) {
    const head = await fetchHead(session, node, source, floor);
    const batches = head.count.count?.count ?? 0;
    if (batches < source.batches()) throw new ConsiliumError('STALE', { batches, known: source.batches() });
    if (batches > source.batches()) await source.growTo(batches);
    else {
      const entries = await source.entriesOf(patient, options.index);
      const wanted = [...new Set(entries.map(({ batch }) => batch))].filter((batch) => !found.has(batch));
      if (wanted.length === 0)
        return assemble(session, node, { source, patient, options, head, found, entries });
      for (const batch of await fetchBatches(session, node, source, wanted, floor))
        found.set(batch.index, batch);
    }
  }
  throw new ConsiliumError('READ_UNSETTLED', { keys: found.size });
}

/** Never below what this client has seen: so what comes last is of the newest header. */
function floorOf(session: Session, floor: number): number {
  return Math.max(floor, session.chain.tip().height);
}

async function fetchHead(
  session: Session,
  node: string,
  source: EntriesSource,
  floor: number,
): Promise<Head> {
  const { institution } = source;
  const last = source.batches() - 1;
  const { signed, rows } = await fetchRows(
    session,
    node,
    [
      { table: INSTITUTIONS.number, key: INSTITUTIONS.keyOf(institution) },
      { table: COUNTS.number, key: COUNTS.keyOf('aggregates', institution) },
      ...(last < 0 ? [] : [{ table: AGGREGATES.number, key: AGGREGATES.keyOf(institution, last) }]),
    ],
    floorOf(session, floor),
  );
  const [named, counted, batch] = rows as [ProvenRow, ProvenRow, ProvenRow?];
  const { value: name } = named;
  const { value: count } = counted;
  if (name === null) throw unproven('institution');
  return {
    signed,
    institution: {
      institution: proven('institution', () => rowValue(INSTITUTIONS, name)),
      proof: named.proof,
    },
    count: {
      count: count === null ? null : proven('count', () => rowValue(COUNTS, count)),
      proof: counted.proof,
    },
    last: batch === undefined || batch.value === null ? undefined : batchOf(last, batch, signed),
  };
}

async function fetchBatches(
  session: Session,
  node: string,
  { institution }: EntriesSource,
  wanted: readonly number[],
  floor: number,
): Promise<readonly Collected[]> {
  const found: Collected[] = [];
  for (let from = 0; from < wanted.length; from += STATE_KEYS_MAX) {
    const part = wanted.slice(from, from + STATE_KEYS_MAX);
    const keys = part.map((index) => ({
      table: AGGREGATES.number,
      key: AGGREGATES.keyOf(institution, index),
    }));
    const { signed, rows } = await fetchRows(session, node, keys, floorOf(session, floor));
    found.push(...rows.map((row, at) => batchOf(part[at] ?? 0, row, signed)));
  }
  return found;
}

function batchOf(index: number, { value, proof }: ProvenRow, signed: SignedHeader): Collected {
  if (value === null) throw unproven('batch');
  return { index, row: proven('batch', () => rowValue(AGGREGATES, value)), proof, signed };
}

interface Parts {
  readonly source: EntriesSource;
  readonly patient: Hex32;
  readonly options: ProveOptions;
  readonly head: Head;
  readonly found: ReadonlyMap<number, Collected>;
  readonly entries: readonly PlacedEntry[];
}

async function assemble(
  session: Session,
  node: string,
  { source, patient, options, head, found, entries }: Parts,
): Promise<EntriesFile> {
  const { signed, last } = head;
  const claim = options.index === undefined ? 'all' : 'one';
  // A store that begins behind lost batches proves nothing before it has one of its own.
  const isOwn = last?.row.mapRoot === source.map().root() && source.map().size() > 0;
  if (last !== undefined && !isOwn) throw new ConsiliumError('AGGREGATES_DIVERGED', { batch: last.index });
  const other = entries.find(({ batch, root }) => found.get(batch)?.row.root !== root);
  if (other !== undefined) throw new ConsiliumError('AGGREGATES_DIVERGED', { batch: other.batch });
  const used = new Map(
    [...new Set(entries.map(({ batch }) => batch))].map((batch) => [batch, found.get(batch)]),
  );
  if (claim === 'all' && last !== undefined) used.set(last.index, last);
  const batches = [...used.values()].filter((each) => each !== undefined).sort((a, b) => a.index - b.index);
  const headers = new Map(
    [...batches.map((each) => each.signed), signed].map((each) => [each.header.height, each]),
  );
  const { count, head: reaches } = source.map().headOf(patient);
  return {
    head: {
      kind: AUDIT_PROOF_KIND,
      version: 1,
      genesis: source.genesis,
      institution: source.institution,
      patient,
      claim,
    },
    steps: await changesUpTo(session, node, signed.header.height),
    headers: [...headers.values()].sort((a, b) => a.header.height - b.header.height),
    institutions: [head.institution],
    counts: claim === 'all' ? [head.count] : [],
    batches: batches.map(({ index, row, proof, signed: under }) => ({
      index,
      header: under.header.height,
      row,
      proof,
    })),
    map:
      claim === 'all' && last !== undefined
        ? [{ head: count === 0 ? null : { count, head: reaches }, proof: source.map().prove(patient) }]
        : [],
    entries: entries.map(({ entry, batch, place, salt }) => ({
      entry,
      batch,
      place,
      salt: options.salts === true ? salt : null,
    })),
  };
}
