// The portable face of the node: what the simulator builds its replicas from. No socket, no file, no clock of its own.

export { DISK_FULL_RETRY_MS, SYNC_RUN_BLOCKS_MAX } from '../limits.ts';
export { Promoter, type PromoterDeps } from '../membership/promoter.ts';
export { reportSkips } from '../mempool/skip-reporter.ts';
export * from '../messages/snapshot.ts';
export * from '../messages/wire.ts';
export * from '../ports.ts';
export { createGuard } from '../signing/guard.ts';
export { initialiseRecordFile } from '../signing/record-file.ts';
export { createSigner } from '../signing/signer.ts';
export { SnapshotJoin } from '../sync/join.ts';
export { readJournal, type Trust } from '../sync/join-rows.ts';
export { cutState } from '../sync/snapshot-cut.ts';
export type { Hashing } from '../sync/snapshot-format.ts';
export { SnapshotServer, type SnapshotSource } from '../sync/snapshot-server.ts';
export { TABLES } from '../tables.ts';
export { createWal } from '../wal/wal.ts';
export * from './chain.ts';
export { type ExpectedKeys, expectedKeys } from './expected-keys.ts';
export { LedgerDesk } from './ledger-desk.ts';
export { createLedgerPool, createSignatures } from './ledger-pool.ts';
export { decodeLogEntry, encodeLogEntry, type LogEntry } from './log-entry.ts';
export { type OpenDeps, type OpenedReplica, openReplica, SIGNING_RECORD_FILE, WAL_FILE } from './open.ts';
export type { Pool } from './pool.ts';
export * from './replica.ts';
export { type SplitNet, splitNet } from './split-net.ts';
export { encodeTransactions } from './tx-batches.ts';
