// Owns: which devnet a command of the devnet is about, and how its nodes look to a person. Does not own: the devnet
// (packages/devnet, loaded by the command that needs it).
import type { Devnet, NodeStatus } from '@consilium/devnet';
import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { table } from '../print/text.ts';
import { DEFAULT_DEVNET_DIR } from './devnet-file.ts';
import { pathOf } from './files.ts';

export interface DirOption {
  readonly dir?: string;
}

export function addDirOption(command: Command): Command {
  return command.option(
    '--dir <folder>',
    `folder of the devnet (else CONSILIUM_DEVNET_DIR, else ${DEFAULT_DEVNET_DIR})`,
  );
}

export function devnetDir(io: Io, { dir }: DirOption): string {
  return pathOf(io, dir ?? io.env['CONSILIUM_DEVNET_DIR'] ?? DEFAULT_DEVNET_DIR);
}

/** Throws `DEVNET_NOT_RUNNING`. */
export async function runningDevnet(io: Io, options: DirOption): Promise<Devnet> {
  const { openDevnet } = await import('@consilium/devnet');
  return openDevnet(devnetDir(io, options));
}

/** What a person types behind a command so that it finds this devnet. */
export function dirWords(io: Io, options: DirOption): string {
  const usual = pathOf(io, DEFAULT_DEVNET_DIR) === devnetDir(io, options);
  return usual ? '' : ` --dir ${options.dir ?? devnetDir(io, options)}`;
}

export function nodeTable(nodes: readonly NodeStatus[]): string[] {
  return table([['NODE', 'STATE', 'PID', 'HEIGHT', 'STATE ROOT', 'API', 'METRICS'], ...nodes.map(nodeRow)]);
}

function nodeRow({ name, state, pid, height, stateRoot, api, metrics }: NodeStatus): string[] {
  return [
    name,
    state,
    String(pid ?? '-'),
    String(height ?? '-'),
    stateRoot?.slice(0, 16) ?? '-',
    api,
    metrics,
  ];
}
