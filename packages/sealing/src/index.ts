// The public face of sealing.

export { dataKeyOf, openContent, sealContent } from './content.ts';
export { type Sealed, seal, unseal } from './envelope.ts';
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
