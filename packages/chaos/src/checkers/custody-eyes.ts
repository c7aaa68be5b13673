// Owns: what the checker of confidentiality can see of a run with custody, in whichever world. Does not own: seeing it (the
// worlds), judging it (confidentiality.ts).
import { ACCESSES, type Group, type Hex32, type Release, readRow, type StateReader } from '@consilium/core';
import type { Reading, SimEncryptionKey } from '@consilium/sim';

/** A node as a thief finds it. */
export interface StolenNode {
  readonly node: Hex32;
  readonly custodyKey: SimEncryptionKey;
  /** Encoded packages on its disk, in any order. */
  readonly packages: () => readonly Uint8Array[];
  /** How many erasures it has noted as carried out. */
  readonly erasures: () => number;
  /** People of that hospital who are in it with the thief. */
  readonly readers: readonly Accomplice[];
}

export interface Accomplice {
  readonly id: Hex32;
  readonly key: SimEncryptionKey;
}

export interface CustodyEyes {
  readonly group: Group;
  readonly nodes: readonly StolenNode[];
  /** What the node itself has committed; undefined: nothing yet. */
  readonly ledgerOf: (node: Hex32) => Sight | undefined;
  /** Of the honest node that is furthest. */
  readonly furthest: () => StateReader | undefined;
  /** The height that so many honest nodes have committed that any quorum holds one of them; 0 when nobody can say. */
  readonly quorumHeight: () => number;
  /** What an envelope says, whoever holds the key. */
  readonly look: (readerKey: Hex32, info: Uint8Array, release: Release) => Uint8Array | undefined;
}

export interface Sight {
  readonly state: StateReader;
  /** Of its last block. Milliseconds since the epoch. */
  readonly time: number;
  readonly height: number;
}

/** Whether the ledger has decided that this reader may open this record, by this access. */
export function isPermitted(
  state: StateReader | undefined,
  { patient, access, reader, record }: Omit<Reading, 'isRight'>,
): boolean {
  const row = state === undefined ? undefined : readRow(state, ACCESSES, patient, access);
  return (
    row?.reader === reader && row.items.some((item) => item.record === record && item.decision === 'permit')
  );
}
