// The public face of the launcher of local networks.

export {
  type DevnetOptions,
  detachDevnet,
  freeBasePort,
  type LaunchOptions,
  launchDevnet,
  openDevnet,
  resetDevnet,
} from './devnet.ts';
export { environmentOf } from './environment.ts';
export { couldJoin, type Devnet } from './handle.ts';
export { followLog, readFrom } from './logs.ts';
export {
  DEFAULT_DIR,
  DEVNET_FILE,
  type DevnetFile,
  type KeyEntry,
  type NodeEntry,
  readDevnetFile,
} from './network/devnet-file.ts';
export type { NetworkStatus, NodeStatus } from './status.ts';
export type { DaemonProgram } from './supervisor/daemon.ts';
export type { NodeState } from './supervisor/node-process.ts';
export { NODE_COMMANDS, type NodeCommand, type NodeStanding } from './supervisor/types.ts';
export { watchDevnet } from './watch.ts';
