// Owns: running the ledger's own reading code over checked rows, so that a client reads a row exactly as a validator
// does. Does not own: fetching rows (rows.ts), which rows a question needs (queries.ts).
import { ConsiliumError, type Hex32, isConsiliumError, type StateReader, toHex } from '@consilium/core';
import { READ_ROUNDS_MAX } from '../limits.ts';
import { genesisReader } from './genesis-state.ts';
import { blockIdOf, fetchRows, isSameBlock, type ProvenRow, type ProvenRows, type RowKey } from './rows.ts';
import { askNodes, type ReadOptions, type Session, stale } from './session.ts';
import { freshnessFloor } from './sync.ts';

/** The block after which an answer holds; at height 0 the genesis. */
export interface AsOf {
  readonly height: number;
  /** Block time. Milliseconds since the epoch. */
  readonly time: number;
  readonly blockId: Hex32;
}

/** A checked value and the block after which it holds. */
export interface Answer<T> {
  readonly value: T;
  readonly asOf: AsOf;
}

export type Read<T> = (state: StateReader, asOf: AsOf) => T;

/**
 * Runs `read` over checked rows, all of one block, until it asks for no row that is not there yet; what it gives or
 * throws before that is discarded. Each further run costs one request, so `read` should ask for all it can at once.
 */
export async function readState<T>(
  session: Session,
  read: Read<T>,
  options: ReadOptions = {},
): Promise<Answer<T>> {
  const floor = await freshnessFloor(session, options);
  return askNodes(session, async (node) => {
    try {
      return await readFrom(session, node, floor, read);
    } catch (error) {
      if (isConsiliumError(error, 'CHAIN_EMPTY')) return readGenesis(session, floor, read);
      throw error;
    }
  });
}

async function readFrom<T>(session: Session, node: string, floor: number, read: Read<T>): Promise<Answer<T>> {
  const wanted = new Map<string, RowKey>();
  let known: ProvenRows | undefined;
  for (let round = 0; round < READ_ROUNDS_MAX; round += 1) {
    const run = tryRead(read, known);
    if (run.missing.size === 0 && known !== undefined) return { value: run.settle(), asOf: run.asOf };
    for (const [name, key] of run.missing) wanted.set(name, key);
    const fetched = await fetchRows(session, node, [...run.missing.values()], floor);
    if (known === undefined) known = fetched;
    else if (isSameBlock(known.signed, fetched.signed)) known = joined(known, fetched);
    else known = await fetchRows(session, node, [...wanted.values()], floor);
  }
  throw new ConsiliumError('READ_UNSETTLED', { keys: wanted.size });
}

interface Run<T> {
  readonly asOf: AsOf;
  readonly missing: ReadonlyMap<string, RowKey>;
  readonly settle: () => T;
}

function tryRead<T>(read: Read<T>, known: ProvenRows | undefined): Run<T> {
  const rows = new Map((known?.rows ?? []).map((row) => [rowName(row), row]));
  const missing = new Map<string, RowKey>();
  const state: StateReader = {
    get: (table, key) => {
      const name = rowName({ table, key });
      const row = rows.get(name);
      if (row === undefined) missing.set(name, { table, key });
      return row?.value ?? undefined;
    },
  };
  const asOf = known === undefined ? NOWHERE : asOfRows(known);
  try {
    const value = read(state, asOf);
    return { asOf, missing, settle: () => value };
  } catch (error) {
    const settle = (): never => {
      throw error;
    };
    return { asOf, missing, settle };
  }
}

const NOWHERE: AsOf = { height: 0, time: 0, blockId: '' };

function asOfRows({ signed }: ProvenRows): AsOf {
  return { height: signed.header.height, time: signed.header.time, blockId: blockIdOf(signed) };
}

/** Before the first block nobody's word is needed: the state is what the genesis says. */
function readGenesis<T>(session: Session, floor: number, read: Read<T>): Answer<T> {
  if (floor > 0) throw stale(0, floor);
  const { genesis, genesisHash } = session.chain;
  const asOf = { height: 0, time: genesis.time, blockId: genesisHash };
  return { value: read(genesisReader(genesis), asOf), asOf };
}

function joined(known: ProvenRows, more: ProvenRows): ProvenRows {
  return { signed: known.signed, rows: [...known.rows, ...more.rows] as readonly ProvenRow[] };
}

function rowName({ table, key }: RowKey): string {
  return `${table}:${toHex(key)}`;
}
