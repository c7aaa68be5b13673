// Owns: cutting a list of transactions into messages of bounded size.

import { TX_BATCH_BYTES_MAX } from '../limits.ts';
import { encodeMessage, REQUEST_IDS_MAX } from '../messages/wire.ts';

/** Encoded `transactions` messages, each within the bounds of its channel. */
export function encodeTransactions(txs: readonly Uint8Array[]): Uint8Array[] {
  const messages: Uint8Array[] = [];
  let batch: Uint8Array[] = [];
  let bytes = 0;
  for (const tx of txs) {
    if (batch.length >= REQUEST_IDS_MAX || (batch.length > 0 && bytes + tx.length > TX_BATCH_BYTES_MAX)) {
      messages.push(encodeMessage({ type: 'transactions', txs: batch }));
      batch = [];
      bytes = 0;
    }
    batch.push(tx);
    bytes += tx.length;
  }
  if (batch.length > 0) messages.push(encodeMessage({ type: 'transactions', txs: batch }));
  return messages;
}
