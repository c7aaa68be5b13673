// Owns: what the pool asks of the ledger, answered from the state after the last committed block.
import { ACCOUNTS, checkTx, type Hex32, readRow, type StateReader } from '@consilium/core';
import type { PoolLedger } from './mempool.ts';
import type { SignatureMemory } from './signature-memory.ts';

export interface PoolLedgerDeps {
  readonly genesisHash: Hex32;
  readonly signatures: SignatureMemory;
  /** State after the last committed block. */
  readonly reader: () => StateReader;
  /** Height of the last committed block. */
  readonly height: () => number;
  readonly isReplayed: (payloadHash: Hex32) => boolean;
}

export function createPoolLedger(deps: PoolLedgerDeps): PoolLedger {
  const { genesisHash, signatures, reader, height, isReplayed } = deps;
  const { verifySender } = signatures;
  return {
    height,
    isReplayed,
    account: (id) => {
      const account = readRow(reader(), ACCOUNTS, id);
      if (account === undefined) return undefined;
      const { key, institution, kind } = account;
      return { key, institution, isPerson: kind !== 'institution' };
    },
    checkTx: (tx, nowMs) =>
      checkTx(reader(), { genesisHash, verifySender, isReplayed, height: height() }, tx, nowMs),
  };
}
