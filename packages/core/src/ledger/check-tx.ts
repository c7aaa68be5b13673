// Owns: the advice that a mempool takes before it keeps a transaction. The block decides anew: state may have moved on.
// Does not own: the pool's own bounds and fairness (node).
import type { Tx } from '../tx.ts';
import { checkAction, checkWork, rehearseAction } from './actions.ts';
import { type ActionContext, actionSalt, type LedgerRules } from './context.ts';
import { createOverlay, type StateReader } from './state.ts';
import { mustReadRow } from './table.ts';
import { ACCOUNTS } from './tables.ts';
import { checkTxEntry, type EntryRules } from './tx-entry.ts';

export interface CheckTxRules extends EntryRules, LedgerRules {
  /** Height of the last committed block. */
  readonly height: number;
}

/**
 * Throws a ConsiliumError: the codes of `checkTxEntry`, then per action `TX_ACTION_UNKNOWN`, `TX_ACTION_MALFORMED`,
 * `TX_NOT_PERMITTED`, `TX_QUOTA_EXCEEDED`, and what its module refuses beforehand. `nowMs`: this node's clock, never the
 * last block's time.
 */
export function checkTx(reader: StateReader, rules: CheckTxRules, tx: Tx, nowMs: number): void {
  checkTxEntry(reader, rules, tx, nowMs);
  checkWork(tx.actions);
  const { genesis, genesisHash, verify, isLedgerKey, height } = rules;
  const { sender, nonce, actions } = tx;
  const state = createOverlay(reader);
  const block = { genesis, genesisHash, verify, isLedgerKey, state, height: height + 1, time: nowMs };
  for (const [index, action] of actions.entries()) {
    const account = mustReadRow(state, ACCOUNTS, sender);
    const context: ActionContext = { ...block, sender, account, salt: actionSalt(nonce, index) };
    // A later action may rest on what this one makes. What refuses it only as it runs is left to the block.
    if (index === actions.length - 1) checkAction(context, action);
    else if (!rehearseAction(context, action)) return;
  }
}
