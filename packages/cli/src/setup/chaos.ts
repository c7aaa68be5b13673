// Owns: the options that commands of the fault kit share. Does not own: the kit (packages/chaos, loaded by the command that
// needs it).
import type { Progress, WorldName } from '@consilium/chaos';
import type { Command } from 'commander';
import type { Result } from '../command.ts';
import type { Io } from '../io.ts';
import { oneOf } from '../usage.ts';
import { createEnding } from './ending.ts';
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

export function progressTo({ err }: Io): Progress {
  return (line) => err(`${line}\n`);
}

/** Runs what may take long: it tells how far it is, and Ctrl-C asks it to end. */
export async function endable(
  io: Io,
  run: (life: { readonly progress: Progress; readonly signal: AbortSignal }) => Promise<Result>,
): Promise<Result> {
  const ending = createEnding();
  try {
    return await run({ progress: progressTo(io), signal: ending.signal });
  } finally {
    ending.release();
  }
}
