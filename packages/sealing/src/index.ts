// The public face of sealing.

export { dataKeyOf, openContent, sealContent } from './content.ts';
export { type Sealed, seal, unseal } from './envelope.ts';
export {
  isSealedKey,
  KEY_FILE_KIND,
  type KeyFile,
  type KeyFileHead,
  type SealedKeyFile,
} from './key-file/form.ts';
export {
  createKeyFile,
  formatKeyFile,
  parseKeyFile,
  type RoleSecret,
  readKeyFile,
  secretOfSeed,
} from './key-file/key-file.ts';
export {
  checkNewPassphrase,
  createKeySeal,
  type KeySeal,
  type Scrypt,
  scryptPortable,
} from './key-file/sealed-key-file.ts';
export { type EncryptionKey, encryptionKeyFromSeed } from './keys.ts';
export * from './limits.ts';
export { type OpenedRecord, openRecord, type RecordHeader, sealRecord } from './record.ts';
export {
  type SealedShares,
  type ShareToSeal,
  type ShareToUnseal,
  sealShares,
  unsealShares,
} from './shares.ts';
export { unwrapSecret, wrapSecret } from './wrap.ts';
