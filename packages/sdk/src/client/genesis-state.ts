// Owns: reading the ledger before its first block, when no header speaks for it: every client computes that state from
// the genesis itself.
import { type Genesis, genesisState, type StateReader, toHex } from '@consilium/core';

export function genesisReader(genesis: Genesis): StateReader {
  const rows = new Map(
    genesisState(genesis).changes.map(({ table, key, value }) => [`${table}:${toHex(key)}`, value]),
  );
  return { get: (table, key) => rows.get(`${table}:${toHex(key)}`) ?? undefined };
}
