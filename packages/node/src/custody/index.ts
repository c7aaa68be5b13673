// The portable face of custody: what the simulator builds its custodians from, and what its liars and checkers take apart.
// No socket, no file, no clock, no randomness, no group arithmetic of its own: the group is given (`@consilium/node/engines`
// is the daemon's, which is synchronous and the same on every machine, but no portable code).
export { OWN_TX_VALIDITY_MS } from '../limits.ts';
export * from '../messages/custody.ts';
export { Custody, type CustodyStatus } from './custody.ts';
export { erasuresOf } from './eraser.ts';
export type { Gathered, MissingReceipt } from './gatherer.ts';
export { asideKey, asideOf, packageKey } from './holding-rows.ts';
export type { FoundRows, StoredRow } from './holdings.ts';
export { openDealing, openShares, type PackageView, viewOf } from './package-view.ts';
export type { CustodianAnswer, RelayWait } from './relay.ts';
export { storedPackage } from './stored-package.ts';
export type * from './types.ts';
