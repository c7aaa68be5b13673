// The part of the daemon that only makes files: homes and the genesis. Light enough for a launcher to load.

export { checkNewPassphrase } from '@consilium/sealing';
export type { SettingValues } from '../config/settings.ts';
export { type HomePaths, homePaths, keyFilesIn } from '../files/home.ts';
export { type NodeSecrets, secretOfSeed } from '../keys/key-file.ts';
export { ROTATING, type RotatingRole } from '../keys/next-keys.ts';
export { keySealOf, readPassphraseFile } from '../keys/passphrase.ts';
export { changePassphrase, decryptKeyFiles, encryptKeyFiles, type Resealed } from '../keys/reseal.ts';
export { createGenesisFile, type GenesisOptions, type GenesisSummary, readGenesis } from './genesis.ts';
export { type InitOptions, initHome, type NewHome } from './init.ts';
export { prepareRotation, type Rotation } from './rotation.ts';
export {
  exportSigningHistory,
  importSigningHistory,
  type SigningHistory,
  showSigningHistory,
} from './signing-history.ts';
