// The network adapter's face to the rest of the daemon.
export { createNet, type NetDeps, type NetStats, type NodeNet } from './net.ts';
export { networkKeyOf, networkKeyPair } from './network-key.ts';
export type { NetLimits, NetOptions } from './options.ts';
