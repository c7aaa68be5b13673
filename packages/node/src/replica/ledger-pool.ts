// Owns: the mempool of a replica: the pool's questions answered by the ledger, its batches sent to the peers.
import type { Hex32, Verify } from '@consilium/core';
import { PEER_TXS_PAUSE_MS, SIGNATURE_VERDICTS_MAX } from '../limits.ts';
import { createMempool, type Mempool, type MempoolLimits } from '../mempool/mempool.ts';
import type { RelayedTx } from '../mempool/relay.ts';
import { createSignatureMemory, type SignatureMemory } from '../mempool/signature-memory.ts';
import type { Clock, Net, Report } from '../ports.ts';
import type { LedgerDesk } from './ledger-desk.ts';
import { encodeTransactions } from './tx-batches.ts';

export interface LedgerPoolDeps {
  readonly clock: Clock;
  readonly report: Report;
  readonly net: Pick<Net, 'connected' | 'send' | 'penalize' | 'pause'>;
  readonly signatures: SignatureMemory;
  readonly onAdmitted: () => void;
  readonly onCommittedAge?: (ageMs: number) => void;
}

export function createSignatures(verify: Verify): SignatureMemory {
  return createSignatureMemory(verify, SIGNATURE_VERDICTS_MAX);
}

export function createLedgerPool(deps: LedgerPoolDeps, ledger: LedgerDesk, limits?: MempoolLimits): Mempool {
  const { clock, report, net, signatures, onAdmitted, onCommittedAge } = deps;
  return createMempool(
    {
      clock,
      report,
      signatures,
      onAdmitted,
      ...(onCommittedAge === undefined ? {} : { onCommittedAge }),
      ledger: {
        height: () => ledger.tip.height,
        account: (id) => accountOf(ledger, id),
        isReplayed: (payloadHash) => ledger.isReplayed(payloadHash),
        checkTx: (tx, nowMs) => ledger.checkTx(tx, nowMs),
      },
      onBatch: (txs) => relay(net, txs),
      onPeerRefusal: (peer, { verdict, code }) => {
        if (verdict === 'reject') net.penalize(peer, code);
        if (code === 'RATE_LIMITED') net.pause(peer, 'transactions', PEER_TXS_PAUSE_MS);
      },
    },
    limits,
  );
}

function accountOf(ledger: LedgerDesk, id: Hex32) {
  const account = ledger.account(id);
  if (account === undefined) return undefined;
  return { key: account.key, institution: account.institution, isPerson: account.kind !== 'institution' };
}

/** To every peer but the one that each came from. */
function relay(net: Pick<Net, 'connected' | 'send'>, txs: readonly RelayedTx[]): void {
  for (const peer of net.connected()) {
    const others = txs.filter((tx) => tx.from !== peer).map((tx) => tx.bytes);
    for (const message of encodeTransactions(others)) net.send(peer, 'transactions', message);
  }
}
