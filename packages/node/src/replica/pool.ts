// Owns: what the replica needs of the mempool, as a type. The mempool itself is next door (mempool/).
import type { ErrorCode, Hex32, Tx } from '@consilium/core';
import type { BlockRoom, Skip } from '../mempool/skips.ts';
import type { Cancel } from '../ports.ts';

export interface Pool {
  /** In the order in which they should stand in a block: fair between institutions. */
  select(txsMax: number, txBytesMax: number): readonly Tx[];
  body(txId: Hex32): Uint8Array | undefined;
  /** As core's `decodeTx`, from memory when these bytes are here. */
  decode(bytes: Uint8Array): Tx;
  /** Verifies in slices what execution will ask for; `done` when every verdict is known. */
  verifyAhead(bodies: readonly Uint8Array[], done: () => void): Cancel;
  /** A value of this height names these: they stay until it ends, and are checked before all others. */
  hold(txIds: readonly Hex32[]): void;
  /** Whether a transaction could go into a block now. */
  hasWork(): boolean;
  addFromPeer(peer: Hex32, txs: readonly Uint8Array[]): void;
  /** Everything pending, for a peer that has just connected. */
  pending(): readonly Uint8Array[];
  /** The builder left these out for good. */
  refuse(refused: ReadonlyMap<Hex32, ErrorCode>): void;
  /** A block was committed: its transactions leave, those of the accounts that it changed are looked at again. */
  committed(block: {
    readonly txIds: readonly Hex32[];
    readonly changedAccounts: readonly Hex32[];
    readonly room: BlockRoom;
  }): readonly Skip[];
}
