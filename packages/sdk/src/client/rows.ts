// Owns: rows of ledger state fetched with their proofs, all of one block. Does not own: what is read from them
// (reading.ts), which header is certified (sync.ts).
import {
  ConsiliumError,
  certificateShape,
  equalBytes,
  type Hex32,
  headerId,
  headerShape,
  type SignedHeader,
  type StateProof,
  stateProofShape,
  toHex,
  verifyStateValue,
} from '@consilium/core';
import { STATE_KEYS_MAX } from '../limits.ts';
import { readBytes, readField, readList, readShape, unproven } from './answer.ts';
import type { Session } from './session.ts';
import { certify, refuseBelow } from './sync.ts';

export interface RowKey {
  readonly table: number;
  readonly key: Uint8Array;
}

export interface ProvenRow extends RowKey {
  /** null: proven to be absent. */
  readonly value: Uint8Array | null;
  readonly proof: StateProof;
}

export interface ProvenRows {
  readonly signed: SignedHeader;
  readonly rows: readonly ProvenRow[];
}

/**
 * The rows after one block that is not below the floor. Throws `PROOF_INVALID`, `STALE`, `CHAIN_EMPTY`, and
 * `READ_UNSETTLED` when the chain moved on between the parts of a long list.
 */
export async function fetchRows(
  session: Session,
  node: string,
  keys: readonly RowKey[],
  floor: number,
): Promise<ProvenRows> {
  const parts: ProvenRows[] = [];
  for (let start = 0; start < keys.length; start += STATE_KEYS_MAX)
    parts.push(await fetchPart(session, node, keys.slice(start, start + STATE_KEYS_MAX), floor));
  const [first] = parts;
  if (first === undefined) throw new Error('invariant: no row is asked for');
  if (!parts.every(({ signed }) => isSameBlock(signed, first.signed)))
    throw new ConsiliumError('READ_UNSETTLED', { keys: keys.length });
  return { signed: first.signed, rows: parts.flatMap(({ rows }) => rows) };
}

export function blockIdOf({ header }: SignedHeader): Hex32 {
  return headerId(header);
}

export function isSameBlock(a: SignedHeader, b: SignedHeader): boolean {
  return a === b || headerId(a.header) === headerId(b.header);
}

async function fetchPart(
  session: Session,
  node: string,
  keys: readonly RowKey[],
  floor: number,
): Promise<ProvenRows> {
  const wire = keys.map(({ table, key }) => ({ table, key: toHex(key) }));
  const body = floor > 0 ? { keys: wire, minHeight: floor } : { keys: wire };
  const answer = await session.ask(node, { path: '/v1/state', body });
  const signed = readSigned(answer);
  const rows = readRows(answer, keys);
  if (!session.trustNode) {
    await certify(session, node, signed);
    checkRows(signed, rows);
  }
  refuseBelow(floor, signed.header.height);
  return { signed, rows };
}

/** A header and its certificate as every answer about one block carries them; not checked yet. */
export function readSigned(answer: unknown): SignedHeader {
  return {
    header: readShape(headerShape, readField(answer, 'header'), 'header'),
    certificate: readShape(certificateShape, readField(answer, 'certificate'), 'certificate'),
  };
}

function readRows(answer: unknown, keys: readonly RowKey[]): readonly ProvenRow[] {
  const entries = readList(readField(answer, 'entries'), 'entries');
  if (entries.length !== keys.length) throw unproven('a key is missing');
  return keys.map(({ table, key }, index) => {
    const entry = entries[index];
    const named = readBytes(readField(entry, 'key'), 'key');
    if (readField(entry, 'table') !== table || !equalBytes(named, key)) throw unproven('a key is missing');
    const value = readField(entry, 'value');
    return {
      table,
      key,
      value: value === null ? null : readBytes(value, 'value'),
      proof: readShape(stateProofShape, readField(entry, 'proof'), 'state proof'),
    };
  });
}

function checkRows({ header }: SignedHeader, rows: readonly ProvenRow[]): void {
  for (const { table, key, value, proof } of rows) {
    if (!verifyStateValue(header, table, key, value, proof)) throw unproven('state', header.height);
  }
}
