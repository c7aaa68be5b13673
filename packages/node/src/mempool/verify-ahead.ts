// Owns: that the signatures of a proposed value are verified in slices with a turn between, before its execution asks
// for them all at once. Does not own: the verdicts' meaning: execution decides by the key at the position.
import type { Hex32, Tx } from '@consilium/core';
import { CHECKS_PER_TURN } from '../limits.ts';
import type { Cancel, Clock } from '../ports.ts';
import type { SignatureMemory } from './signature-memory.ts';

export interface VerifyAheadDeps {
  readonly clock: Clock;
  readonly signatures: SignatureMemory;
  /** The sender's key after the last block; undefined for an account unknown there. */
  readonly keyOf: (account: Hex32) => Hex32 | undefined;
}

/** Calls `done` at once when every verdict is known, otherwise after the last slice. */
export function verifyAhead(deps: VerifyAheadDeps, txs: readonly Tx[], done: () => void): Cancel {
  const { clock, signatures, keyOf } = deps;
  let next = 0;
  let cancel: Cancel | undefined;

  const slice = (): void => {
    let verified = 0;
    for (; next < txs.length && verified < CHECKS_PER_TURN; next += 1) {
      const tx = txs[next] as Tx;
      const key = keyOf(tx.sender);
      if (key === undefined || signatures.knows(tx.id, key)) continue;
      signatures.verifySender(tx, key);
      verified += 1;
    }
    if (next < txs.length) cancel = clock.after(0, slice);
    else done();
  };

  slice();
  return () => cancel?.();
}
