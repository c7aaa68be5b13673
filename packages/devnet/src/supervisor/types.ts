// Owns: what a supervisor is to those who command it.
import type { DevnetFile, KeyEntry, NodeEntry } from '../network/devnet-file.ts';
import type { NodeState } from './node-process.ts';

export const NODE_COMMANDS = ['kill', 'pause', 'restart', 'resume', 'start', 'stop'] as const;
export type NodeCommand = (typeof NODE_COMMANDS)[number];

export interface NodeStanding {
  readonly name: string;
  readonly pid: number | null;
  readonly state: NodeState;
}

/** A node that was not there from the start, with the keys of its people. */
export interface Addition {
  readonly node: NodeEntry;
  readonly keys: readonly KeyEntry[];
}

export interface Supervisor {
  readonly file: () => DevnetFile;
  readonly standings: () => readonly NodeStanding[];
  /** Throws `DEVNET_NODE_UNKNOWN`, `DEVNET_NODE_STATE`, `DEVNET_NOT_READY`. */
  command(name: string, command: NodeCommand): Promise<void>;
  add(addition: Addition): Promise<void>;
  /** All nodes, then itself. Safe to call again. */
  stop(): Promise<void>;
  /** Resolves when it has stopped, whoever asked for it. */
  readonly stopped: Promise<void>;
}
