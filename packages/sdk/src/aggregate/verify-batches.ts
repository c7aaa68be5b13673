// Owns: what a file that proves entries says of the ledger itself: its headers, the institution, the rows of its batches.
// Does not own: the entries under those rows (verify-entries.ts).
import {
  AGGREGATES,
  type Aggregate,
  aggregateShape,
  encode,
  type Genesis,
  type Header,
  INSTITUTIONS,
  institutionShape,
  lightGenesis,
  type Verify,
  verifyStateValue,
} from '@consilium/core';
import { checkedHeaders } from '../audit/checked-headers.ts';
import { createChain } from '../client/chain.ts';
import type { LinedEntries } from './proof-file.ts';
import { entriesFailed } from './proof-refusals.ts';

export interface LedgerPart {
  /** The newest; what is claimed holds as of it. */
  readonly last: Header;
  readonly institutionName: string;
  /** By index. */
  readonly rows: ReadonlyMap<number, Aggregate>;
}

/** Throws `PROOF_INVALID` with the line. */
export function checkLedgerPart(file: LinedEntries, genesis: Genesis, verify: Verify): LedgerPart {
  if (file.head.genesis !== lightGenesis(genesis).genesis) throw entriesFailed(1, 'genesis');
  const headers = checkedHeaders(file, createChain(genesis, verify), entriesFailed);
  const last = headers.at(-1);
  if (last === undefined) throw entriesFailed(file.ends.headers, 'missing');
  const institutionName = checkInstitution(file, last);
  const rows = checkBatches(file, headers);
  const used = new Set(file.batches.map(({ value }) => value.header)).add(last.height);
  const unused = file.headers.find(({ value }) => !used.has(value.header.height));
  if (unused !== undefined) throw entriesFailed(unused.line, 'surplus');
  return { last, institutionName, rows };
}

function checkInstitution({ head, institutions, ends }: LinedEntries, last: Header): string {
  const [only, surplus] = institutions;
  if (only === undefined) throw entriesFailed(ends.institutions, 'missing');
  if (surplus !== undefined) throw entriesFailed(surplus.line, 'surplus');
  const { institution, proof } = only.value;
  const key = INSTITUTIONS.keyOf(head.institution);
  if (!verifyStateValue(last, INSTITUTIONS.number, key, encode(institutionShape, institution), proof))
    throw entriesFailed(only.line, 'institution');
  return institution.name;
}

function checkBatches({ head, batches }: LinedEntries, headers: readonly Header[]): LedgerPart['rows'] {
  const byHeight = new Map(headers.map((header) => [header.height, header]));
  const rows = new Map<number, Aggregate>();
  let before = -1;
  for (const { line, value } of batches) {
    const { index, row, proof } = value;
    const header = byHeight.get(value.header);
    const key = AGGREGATES.keyOf(head.institution, index);
    const proven =
      header !== undefined &&
      verifyStateValue(header, AGGREGATES.number, key, encode(aggregateShape, row), proof);
    if (index <= before || !proven) throw entriesFailed(line, 'row');
    rows.set(index, row);
    before = index;
  }
  return rows;
}
