// Owns: transactions that a daemon makes by itself in the name of its institution. Does not own: what they say and when.
import { randomBytes } from 'node:crypto';
import { type Action, type SecretKey, signTx, TX_NONCE_BYTES, toHex } from '@consilium/core';
import { OWN_TX_VALIDITY_MS } from '../limits.ts';
import type { Mempool } from '../mempool/mempool.ts';
import type { EventCode } from '../observe/events.ts';
import type { Clock, Report } from '../ports.ts';
import type { Prepared } from './prepared.ts';

export interface OwnTransactionDeps {
  readonly prepared: Prepared;
  readonly clock: Clock;
  readonly report: Report;
}

/** What becomes of it is seen on the ledger; one that is lost is made anew. `refusedCode`: of the event when the pool refuses. */
export function createOwnSubmit(
  { prepared, clock, report }: OwnTransactionDeps,
  pool: Pick<Mempool, 'submit'>,
  refusedCode: EventCode,
): (action: Action) => void {
  const { keys, genesisHash } = prepared;
  return (action) => {
    const tx = signTx(keys.account.secret as SecretKey, {
      genesis: genesisHash,
      sender: keys.account.account,
      validUntil: clock.wallMs() + OWN_TX_VALIDITY_MS,
      nonce: toHex(randomBytes(TX_NONCE_BYTES)),
      actions: [action],
    });
    pool.submit(tx.bytes, (outcome) => {
      if (outcome.state === 'refused')
        report({ level: 'debug', code: refusedCode, action: action.type, error: outcome.code });
    });
  };
}
