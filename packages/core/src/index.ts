// The public face of core: what every other package may use.

export * from './block.ts';
export * from './bytes.ts';
export * from './codec.ts';
export * from './ed25519.ts';
export * from './errors.ts';
export * from './evidence.ts';
export * from './genesis.ts';
export * from './hash.ts';
export * from './limits.ts';
export * from './signing.ts';
export * from './tx.ts';
export * from './validators.ts';
export * from './vote.ts';
