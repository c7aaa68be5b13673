// Owns: collecting from a node what the receipt of an erasure holds, checked before it is handed out. Does not own: the file's
// form and its offline check (erasure-receipt.ts).
import {
  ConsiliumError,
  canonicalSet,
  ERASED_RECORDS,
  ERASURES,
  type Hex32,
  INSTITUTIONS,
  readRow,
  rowValue,
} from '@consilium/core';
import { stepsTo } from '../anchor/prove.ts';
import { unproven } from '../client/answer.ts';
import type { Client } from '../client/client.ts';
import { fetchRows, type ProvenRow } from '../client/rows.ts';
import { askNodes, type ReadOptions } from '../client/session.ts';
import { freshnessFloor } from '../client/sync.ts';
import {
  ERASURE_RECEIPT_KIND,
  type ErasureReceiptFile,
  formatErasureReceipt,
  verifyErasureReceipt,
} from './erasure-receipt.ts';

/** Of the erasure that took this record, as the file's text. Throws `ERASURE_NOT_FOUND` when none did. */
export async function proveErasure(
  client: Client,
  record: Hex32,
  options: ReadOptions = {},
): Promise<string> {
  const { session } = client;
  const found = await client.read((state) => {
    const index = readRow(state, ERASED_RECORDS, record)?.erasure;
    const row = index === undefined ? undefined : readRow(state, ERASURES, index);
    return index === undefined || row === undefined ? null : { index, row };
  }, options);
  if (found.value === null) throw new ConsiliumError('ERASURE_NOT_FOUND', { what: 'erasure' });
  const { index, row } = found.value;
  // Who owes a receipt never changes; which are there may, so that the row is read again with its proof.
  const ids = canonicalSet([row.author, ...row.receipts.map(({ custodian }) => custodian)]);
  const floor = Math.max(found.asOf.height, await freshnessFloor(session, options));
  return askNodes(session, async (node) => {
    const keys = [
      { table: ERASURES.number, key: ERASURES.keyOf(index) },
      ...ids.map((id) => ({ table: INSTITUTIONS.number, key: INSTITUTIONS.keyOf(id) })),
    ];
    const { signed, rows } = await fetchRows(session, node, keys, floor);
    const [erasure, ...institutions] = rows;
    const file: ErasureReceiptFile = {
      kind: ERASURE_RECEIPT_KIND,
      version: 1,
      genesis: session.chain.genesisHash,
      index,
      erasure: rowValue(ERASURES, bytesIn(erasure)),
      proof: erasure?.proof as ProvenRow['proof'],
      institutions: institutions.map((each, place) => ({
        id: ids[place] as Hex32,
        row: rowValue(INSTITUTIONS, bytesIn(each)),
        proof: each.proof,
      })),
      steps: await stepsTo(session, node, signed),
    };
    const text = formatErasureReceipt(file);
    verifyErasureReceipt(text, session.chain.genesis, session.verify);
    return text;
  });
}

function bytesIn(row: ProvenRow | undefined): Uint8Array {
  if (row === undefined || row.value === null) throw unproven('state');
  return row.value;
}
