// Owns: what a decided block could still have taken, as skips are judged by it. Does not own: the judging (mempool/skips.ts).
import { valueBounds } from '@consilium/consensus';
import { BLOCK_WORK_MAX, type ConsensusParams, workOf } from '@consilium/core';
import { type BlockRoom, countBySender } from '../mempool/skips.ts';
import type { Decided } from './chain.ts';

/** By the bounds of the round that decided it: its author's round had no less. */
export function blockRoom({ block, certificate, execution }: Decided, params: ConsensusParams): BlockRoom {
  const { txsMax, txBytesMax } = valueBounds(params, certificate.round);
  const { txs } = execution;
  const bytes = txs.reduce((sum, tx) => sum + tx.bytes.length, 0);
  const work = txs.reduce((sum, tx) => sum + workOf(tx.actions), 0);
  return {
    author: block.header.author,
    time: block.header.time,
    txsLeft: txsMax - txs.length,
    bytesLeft: txBytesMax - bytes,
    workLeft: Math.floor((BLOCK_WORK_MAX * txsMax) / params.blockTxsMax) - work,
    bySender: countBySender(txs),
    skipAfterMs: params.delayMs + params.precisionMs,
  };
}
