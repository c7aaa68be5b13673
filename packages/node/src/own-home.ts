// What a command needs that asks the node of a home on this machine. Light: no libp2p, no store.
export { changeAccessFile, readAccessFile } from './api/access/access-file.ts';
export { type AccessEntry, isAccessName } from './api/access/access-list.ts';
export { ROLES, type Role } from './api/roles.ts';
export {
  type AdminBreak,
  type AdminFiles,
  type ChainMark,
  readAdminFiles,
} from './audit/admin-files.ts';
export type { AdminLine } from './audit/admin-line.ts';
export { findConfigMistakes, loadConfig } from './config/load.ts';
export { type Config, isSettingName, type SettingName } from './config/settings.ts';
export { systemRandom } from './crypto/system-random.ts';
export { type HomePaths, homePaths } from './files/home-paths.ts';
export { readTokenFile } from './keys/operator-token.ts';
export { createToken, tokenHash } from './keys/token.ts';
export { ACCESS_ENTRIES_MAX } from './limits.ts';
export type { NamedValidator, WhyReport } from './observe/why.ts';
export type { SnapshotReport } from './snapshots/make.ts';
export type { BackupReport } from './upkeep/make-backup.ts';
