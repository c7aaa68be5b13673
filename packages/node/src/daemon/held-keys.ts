// Owns: which of the keys that a daemon holds is used: the next one of a rotation once the ledger names it, else the one in
// use. Does not own: the keys, what the ledger expects of the validator's (replica/expected-keys.ts).
import { type Hex32, INSTITUTIONS, readRow, type SecretKey } from '@consilium/core';
import type { NodeKey } from '../keys/key-file.ts';
import type { Kv } from '../ports.ts';
import { readTip, stateReader } from '../replica/chain.ts';

/** The one of the held keys that is expected; the first when none is, or nothing is known. */
export function keyFor(held: readonly SecretKey[], expected: Hex32 | undefined): SecretKey {
  return held.find(({ publicKey }) => publicKey === expected) ?? (held[0] as SecretKey);
}

/** Both network keys are let in while a rotation overlaps; a daemon has one at a time. */
export function networkKeyFor(kv: Pick<Kv, 'get'>, own: NodeKey, next: NodeKey | undefined): NodeKey {
  if (next === undefined || readTip(kv) === undefined) return own;
  const named = readRow(stateReader(kv), INSTITUTIONS, own.account)?.networkKey;
  return named === next.secret.publicKey ? next : own;
}
