// Owns: the names that metrics and answers show for institutions.
import { type Hex32, INSTITUTIONS, readRow } from '@consilium/core';
import type { Kv } from '../ports.ts';
import { stateReader } from '../replica/chain.ts';

/** Names of institutions by account id; the id when the ledger has none. */
export function namesOf(kv: Pick<Kv, 'get'>): (institution: Hex32) => string {
  const reader = stateReader(kv);
  return (institution) => readRow(reader, INSTITUTIONS, institution)?.name ?? institution;
}
