// Owns: the advice that a mempool takes before it keeps a transaction. The block decides anew: state may have moved on.
// Does not own: the pool's own bounds and fairness (node).
import type { Tx } from '../tx.ts';
import { checkAction } from './actions.ts';
import type { CheckContext, LedgerRules } from './context.ts';
import type { StateReader } from './state.ts';
import { checkTxEntry, type EntryRules } from './tx-entry.ts';

export interface CheckTxRules extends EntryRules, LedgerRules {
  /** Height of the last committed block. */
  readonly height: number;
}

/**
 * Throws a ConsiliumError: the codes of `checkTxEntry`, then per action `TX_ACTION_UNKNOWN`, `TX_ACTION_MALFORMED`,
 * `TX_NOT_PERMITTED`, `TX_QUOTA_EXCEEDED`, and what its module refuses beforehand. `nowMs`: this node's clock, never the last block's time.
 */
export function checkTx(reader: StateReader, rules: CheckTxRules, tx: Tx, nowMs: number): void {
  const account = checkTxEntry(reader, rules, tx, nowMs);
  const { genesis, genesisHash, verify, isLedgerKey, height } = rules;
  const context: CheckContext = {
    genesis,
    genesisHash,
    verify,
    isLedgerKey,
    state: reader,
    height: height + 1,
    sender: tx.sender,
    account,
  };
  for (const action of tx.actions) checkAction(context, action);
}
