// The public face of sealing.
export { type EncryptionKey, encryptionKeyFromSeed } from './encryption-key.ts';
