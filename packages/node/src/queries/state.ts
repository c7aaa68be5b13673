// Owns: values of the ledger state with their proofs, from one snapshot. Does not own: what the tables mean.
import {
  ConsiliumError,
  proveState,
  type StateProof,
  stateKeyHash,
  stateValueHash,
  toHex,
} from '@consilium/core';
import { stateReader, treeReader } from '../replica/chain.ts';
import type { ChainReader } from './reader.ts';

export interface StateKey {
  /** One byte: the ledger's table. */
  readonly table: number;
  readonly key: Uint8Array;
}

export interface StateEntry extends StateKey {
  /** null: absent. */
  readonly value: Uint8Array | null;
  readonly proof: StateProof;
}

/** Throws `STORE_DAMAGED` when the stored value is not the one in the tree. */
export function stateEntry(reader: ChainReader, { table, key }: StateKey): StateEntry {
  const keyHash = stateKeyHash(table, key);
  const value = stateReader(reader).get(table, key) ?? null;
  const proof = proveState(treeReader(reader), keyHash);
  const present = proof.leaf?.keyHash === toHex(keyHash) ? proof.leaf.valueHash : null;
  if (present !== (value === null ? null : toHex(stateValueHash(value))))
    throw new ConsiliumError('STORE_DAMAGED', { table });
  return { table, key, value, proof };
}
