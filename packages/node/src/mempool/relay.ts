// Owns: when admitted transactions leave for the peers: the first at once, further ones in batches, since the cost is
// per message. Does not own: who gets them, or the size of messages.
import type { Hex32 } from '@consilium/core';
import { RELAY_DELAY_MS, TX_BATCH_BYTES_MAX } from '../limits.ts';
import type { Cancel, Clock } from '../ports.ts';

export interface RelayedTx {
  readonly id: Hex32;
  readonly bytes: Uint8Array;
  /** The peer it came from, which has it; null for one handed in at this node. */
  readonly from: Hex32 | null;
}

export interface Relay {
  add(txs: readonly RelayedTx[]): void;
  stop(): void;
}

export function createRelay(clock: Clock, onBatch: (txs: readonly RelayedTx[]) => void): Relay {
  let waiting: RelayedTx[] = [];
  let waitingBytes = 0;
  let flushedMs = Number.NEGATIVE_INFINITY;
  let cancel: Cancel | undefined;

  const flush = (): void => {
    cancel?.();
    cancel = undefined;
    flushedMs = clock.monotonicMs();
    const batch = waiting;
    waiting = [];
    waitingBytes = 0;
    onBatch(batch);
  };

  const add = (txs: readonly RelayedTx[]): void => {
    if (txs.length === 0) return;
    waiting.push(...txs);
    for (const tx of txs) waitingBytes += tx.bytes.length;
    const dueMs = flushedMs + RELAY_DELAY_MS - clock.monotonicMs();
    if (dueMs <= 0 || waitingBytes >= TX_BATCH_BYTES_MAX) flush();
    else cancel ??= clock.after(dueMs, flush);
  };

  return { add, stop: () => cancel?.() };
}
