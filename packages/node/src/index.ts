// The public face of the daemon for the command line and the devnet.

export { readMark } from './audit/chain-mark.ts';
export { parseSettings } from './config/load.ts';
export type { SettingName } from './config/settings.ts';
export { isSettingName } from './config/settings.ts';
export { verifySodium } from './crypto/ed25519-sodium.ts';
export { createSealer } from './crypto/sealer.ts';
export { systemRandom } from './crypto/system-random.ts';
export { outliveDamage } from './daemon/outlive-damage.ts';
export type { NodeParts } from './daemon/parts.ts';
export type { Prepared } from './daemon/prepared.ts';
export { type RunningNode, type StartOptions, startNode } from './daemon/start-node.ts';
export { type DiagnoseDeps, type Diagnosis, diagnose } from './doctor/diagnose.ts';
export { systemMachine } from './doctor/machine.ts';
export type { OpenHome } from './files/home.ts';
export type { NodeNet } from './net/index.ts';
export {
  createGenesisFile,
  type GenesisSummary,
  readGenesis,
  summaryOf,
} from './setup/genesis.ts';
export { type InitOptions, initHome, type NewHome } from './setup/init.ts';
export { type MoveOptions, moveKeyToSigner } from './signer/move-key.ts';
export { type RunningSigner, type SignerOptions, startSigner } from './signer/start-signer.ts';
export { openStore, STORE_FORMAT_VERSION, type Store } from './store/store.ts';
export { type BackupReport, backupHome } from './upkeep/make-backup.ts';
export { type PruneReport, pruneHome } from './upkeep/prune-home.ts';
export { type RepairReport, repairHome } from './upkeep/repair-home.ts';
export { type RestoreReport, restoreBackup } from './upkeep/restore-backup.ts';
export { type BackupVerifyReport, verifyBackup } from './upkeep/verify-backup.ts';
export type { LocalVault } from './vault/vault.ts';
export { type VerifyReport, verifyHome } from './verify/verify-home.ts';
