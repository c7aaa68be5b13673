// The daemon's engines, for those who run its parts in a process of their own.

export { createSodiumSigner, isLedgerKeySodium, verifySodium } from './ed25519-sodium.ts';
export { sodiumGroup } from './group-sodium.ts';
export { hashBlocksNative } from './hash-blocks-native.ts';
export { nativeHashEngine, sha256Native } from './sha256-native.ts';
