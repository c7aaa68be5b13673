// What a command needs that asks the node of a home on this machine. Light: no libp2p, no store.
export { loadConfig } from './config/load.ts';
export type { Config } from './config/settings.ts';
export { type HomePaths, homePaths } from './files/home-paths.ts';
export { readTokenFile } from './keys/operator-token.ts';
