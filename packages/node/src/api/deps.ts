// Owns: what the API needs of the daemon: the replica's door for transactions, its status, the store's snapshots, the
// news of commits, and custody. Does not own: any of their doing.
import type { FollowerRole, Genesis, Hex32 } from '@consilium/core';
import type { AdminLog } from '../audit/admin-log.ts';
import type { Custody } from '../custody/custody.ts';
import type { PoolState, SubmitOutcome } from '../mempool/outcomes.ts';
import type { WhyReport } from '../observe/why.ts';
import type { Cancel, Clock, Report } from '../ports.ts';
import type { ChainSnapshot } from '../queries/index.ts';
import type { Committed, ProtocolStatus, SigningMode } from '../replica/replica.ts';
import type { SnapshotReport } from '../snapshots/make.ts';
import type { BackupReport } from '../upkeep/make-backup.ts';
import type { Gate } from './roles.ts';

export interface PeerStatus {
  readonly institution: Hex32;
  readonly name: string;
  readonly connected: boolean;
}

export interface NodeStatus {
  readonly chainId: string;
  readonly genesis: Hex32;
  /** Name and account id of the institution whose node this is. */
  readonly name: string;
  readonly institution: Hex32;
  /** Last committed block; 0 and the genesis hash before the first. */
  readonly height: number;
  /** Height of the earliest block that this node keeps. */
  readonly base: number;
  readonly blockId: Hex32;
  readonly stateRoot: Hex32;
  /** Block time. Milliseconds since the epoch. */
  readonly time: number;
  /** Round of the running height, and whether it was woken. */
  readonly round: number;
  readonly awake: boolean;
  readonly peers: readonly PeerStatus[];
  readonly mempool: { readonly txs: number; readonly bytes: number };
  readonly synced: boolean;
  readonly signing: SigningMode;
  /** Of the institution, as this node's ledger has it. */
  readonly role: InstitutionRole;
  readonly protocol: ProtocolStatus;
}

/** In the set of the next height, on its way there, let in to follow, or none of these. */
export type InstitutionRole = 'validator' | FollowerRole | 'none';

/** A block that stands in this node's store for good. */
export interface Commit {
  readonly height: number;
  readonly id: Hex32;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** In the order of the block. `code` is the result's. */
  readonly txs: readonly { readonly id: Hex32; readonly code: string }[];
}

/** What the replica tells of a commit, as the API passes it on. */
export function commitOf({ block, blockId, execution }: Committed): Commit {
  const { height, time } = block.header;
  return { height, id: blockId, time, txs: execution.results.map(({ txId, code }) => ({ id: txId, code })) };
}

export interface ApiDeps {
  readonly clock: Clock;
  readonly report: Report;
  readonly genesis: Genesis;
  /** Who may ask for what. */
  readonly gate: Gate;
  /** Calls `done` once: after the checks of the door, not after the commit. Any bytes may be given. */
  readonly submit: (tx: Uint8Array, done: (outcome: SubmitOutcome) => void) => void;
  readonly txState: (id: Hex32) => PoolState;
  readonly status: () => NodeStatus;
  /** Why there is no block, for the operator. */
  readonly why: () => WhyReport;
  /** The store as of its last commit. The API closes every snapshot it takes, within the same turn or request. */
  readonly snapshot: () => ChainSnapshot;
  /** Calls the listener for every commit, in order, after its synced batch: a snapshot taken then shows it. */
  readonly onCommit: (listener: (commit: Commit) => void) => Cancel;
  readonly custody: CustodyDoor;
  /** Makes a snapshot of the state now. Throws `SNAPSHOT_NONE`, and what the disk refuses. */
  readonly makeSnapshot: () => Promise<SnapshotReport>;
  /** Makes a backup in a folder of this machine that is not there yet. Throws as `upkeep/make-backup.ts` does, `API_BUSY`. */
  readonly makeBackup: (out: string) => Promise<BackupReport>;
  readonly adminLog: Pick<AdminLog, 'append' | 'read' | 'head'>;
}

/** What custody does for clients of this node. Each calls `done` once, unless the node stops. */
export type CustodyDoor = Pick<Custody, 'storeBlobs' | 'push' | 'release' | 'own' | 'readBlobs'>;
