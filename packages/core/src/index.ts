// The public face of core: what every other package may use.

export * from './block.ts';
export * from './bytes.ts';
export * from './cbor.ts';
export * from './codec.ts';
export * from './custody/group.ts';
export * from './custody/sharing.ts';
export * from './ed25519.ts';
export * from './errors.ts';
export * from './evidence.ts';
export * from './genesis.ts';
export * from './genesis-json.ts';
export * from './hash.ts';
export * from './ledger/index.ts';
export * from './light-client.ts';
export * from './limits.ts';
export * from './memory-tree.ts';
export * from './merkle.ts';
export * from './signing.ts';
export * from './state-proof.ts';
export * from './state-tree.ts';
export * from './state-tree-update.ts';
export * from './tx.ts';
export * from './utf8.ts';
export * from './validators.ts';
export * from './vote.ts';
