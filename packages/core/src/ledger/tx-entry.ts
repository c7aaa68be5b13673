// Owns: the rules by which a transaction may stand in a block at all, at its position in it. The same rules with another
// clock are the mempool's. Does not own: the block's own bounds (execute.ts), what the actions do.
import type { Hex32 } from '../bytes.ts';
import type { Verify } from '../ed25519.ts';
import { ConsiliumError } from '../errors.ts';
import { TX_VALIDITY_MS_MAX } from '../limits.ts';
import { type Tx, txSignedBytes } from '../tx.ts';
import type { Account } from './rows.ts';
import type { StateReader } from './state.ts';
import { readRow } from './table.ts';
import { ACCOUNTS } from './tables.ts';

/**
 * Whether these bytes verify under this key. A node may answer from memory, but only for this very key: the sender's key
 * at the transaction's position decides, else a rotation would make honest nodes disagree.
 */
export type VerifySender = (tx: Tx, key: Hex32) => boolean;

export function createVerifySender(verify: Verify): VerifySender {
  return (tx, key) => verify(key, tx.signature, txSignedBytes(tx));
}

export interface EntryRules {
  readonly genesisHash: Hex32;
  readonly verifySender: VerifySender;
  /** Whether a transaction of this payload was committed within the replay window. */
  readonly isReplayed: (payloadHash: Hex32) => boolean;
}

/**
 * Returns the sender's account, or throws the first of: `TX_NETWORK_MISMATCH`, `TX_EXPIRED`, `TX_VALIDITY_TOO_LONG`,
 * `TX_DUPLICATE`, `TX_ACCOUNT_UNKNOWN`, `TX_KEY_ROTATED`, `TX_SIGNATURE_INVALID`. `time`: the block's, or a pool's clock.
 */
export function checkTxEntry(reader: StateReader, rules: EntryRules, tx: Tx, time: number): Account {
  if (tx.genesis !== rules.genesisHash) throw new ConsiliumError('TX_NETWORK_MISMATCH');
  if (time > tx.validUntil) throw new ConsiliumError('TX_EXPIRED');
  if (tx.validUntil > time + TX_VALIDITY_MS_MAX)
    throw new ConsiliumError('TX_VALIDITY_TOO_LONG', { maxMs: TX_VALIDITY_MS_MAX });
  if (rules.isReplayed(tx.payloadHash)) throw new ConsiliumError('TX_DUPLICATE');
  const account = readRow(reader, ACCOUNTS, tx.sender);
  if (account === undefined) throw new ConsiliumError('TX_ACCOUNT_UNKNOWN');
  checkSignature(rules.verifySender, tx, account);
  return account;
}

function checkSignature(verifySender: VerifySender, tx: Tx, { key, previousKey }: Account): void {
  if (verifySender(tx, key)) return;
  const rotated = previousKey !== null && verifySender(tx, previousKey);
  throw new ConsiliumError(rotated ? 'TX_KEY_ROTATED' : 'TX_SIGNATURE_INVALID');
}
