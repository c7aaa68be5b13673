// Owns: that a signature is computed once per transaction and key on this node. What is remembered is "these bytes
// verify (or not) under K", so that a rotation in between cannot make honest nodes disagree. Does not own: which key
// counts (the ledger, at the transaction's position in its block).
import { type Hex32, type Tx, txSignedBytes, type Verify } from '@consilium/core';
import { createGenerations } from './generations.ts';

export interface SignatureMemory {
  /** For the ledger: the verdict for this very key, from memory or computed now. */
  verifySender(tx: Tx, key: Hex32): boolean;
  /** Whether the verdict for this key needs no computation. */
  knows(txId: Hex32, key: Hex32): boolean;
  /** The key under which these bytes verified, if any was tried. */
  verifiedUnder(txId: Hex32): Hex32 | undefined;
  forget(txId: Hex32): void;
}

interface Verdicts {
  readonly valid: Hex32 | undefined;
  readonly invalid: Hex32 | undefined;
}

const NONE: Verdicts = { valid: undefined, invalid: undefined };

/** Holds at most `verdictsMax` transactions; the oldest are forgotten first. */
export function createSignatureMemory(verify: Verify, verdictsMax: number): SignatureMemory {
  const known = createGenerations<Verdicts>(verdictsMax);

  const verifySender = (tx: Tx, key: Hex32): boolean => {
    const verdicts = known.get(tx.id) ?? NONE;
    if (verdicts.valid === key) return true;
    if (verdicts.invalid === key) return false;
    const isValid = verify(key, tx.signature, txSignedBytes(tx));
    known.set(tx.id, isValid ? { ...verdicts, valid: key } : { ...verdicts, invalid: key });
    return isValid;
  };

  return {
    verifySender,
    knows: (txId, key) => {
      const verdicts = known.get(txId) ?? NONE;
      return verdicts.valid === key || verdicts.invalid === key;
    },
    verifiedUnder: (txId) => known.get(txId)?.valid,
    forget: (txId) => known.delete(txId),
  };
}
