// Owns: the options that commands of the fault kit share. Does not own: the kit (packages/chaos, loaded by the command that
// needs it).
import type { WorldName } from '@consilium/chaos';
import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { oneOf } from '../usage.ts';
import { pathOf } from './files.ts';

export interface OutOption {
  readonly out?: string;
}

export interface WorldOption {
  readonly world: string;
}

const DEFAULT_OUT = 'chaos-runs';
const WORLDS: readonly WorldName[] = ['sim', 'devnet'];

export function addOutOption(command: Command): Command {
  return command.option('--out <folder>', `runs are kept here (default: failing ones in ${DEFAULT_OUT})`);
}

export function outDir(io: Io, { out }: OutOption): string {
  return pathOf(io, out ?? DEFAULT_OUT);
}

export function addWorldOption(command: Command): Command {
  return command.option(
    '--world <world>',
    'sim: simulated network, clock and disks; devnet: real processes, sockets and files',
    'sim',
  );
}

export function worldOf({ world }: WorldOption): WorldName {
  return oneOf(WORLDS, world, '--world');
}
