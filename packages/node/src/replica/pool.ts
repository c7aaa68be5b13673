// Owns: what the replica needs of the mempool, as a type. The mempool itself is next door (mempool/).
import type { Hex32, Tx } from '@consilium/core';

export interface Pool {
  /** In the order in which they should stand in a block: fair between institutions. */
  select(txsMax: number, txBytesMax: number): readonly Tx[];
  body(txId: Hex32): Uint8Array | undefined;
  /** Whether a transaction could go into a block now. */
  hasWork(): boolean;
  addFromPeer(peer: Hex32, txs: readonly Uint8Array[]): void;
  /** Everything pending, for a peer that has just connected. */
  pending(): readonly Uint8Array[];
  /** The builder left it out for good. */
  refuse(txId: Hex32, code: string): void;
  /** A block was committed: its transactions leave, the others are looked at again. */
  committed(txs: readonly Tx[]): void;
}
