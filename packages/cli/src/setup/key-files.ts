// Owns: which key files a command of the keystore is about: those named, else the four of a home.
import type { Command } from 'commander';
import type { Result } from '../command.ts';
import type { Io } from '../io.ts';
import { table } from '../print/text.ts';
import { usage } from '../usage.ts';
import { pathOf } from './files.ts';

export interface KeyFilesOptions {
  readonly home?: string;
}

export function addKeyFilesOption(command: Command): Command {
  return command.option('--home <folder>', 'the key files of this home of a node');
}

export async function keyFilesOf(
  io: Io,
  files: readonly string[],
  { home }: KeyFilesOptions,
): Promise<readonly string[]> {
  if ((home === undefined) === (files.length === 0)) throw usage('name key files, or a home with --home');
  if (home === undefined) return files.map((file) => pathOf(io, file));
  const { keyFilesIn } = await import('@consilium/node/setup');
  return keyFilesIn(pathOf(io, home));
}

interface Resealed {
  readonly file: string;
  readonly role: string;
  readonly changed: boolean;
}

export function shownFiles(files: readonly Resealed[], changed: string): Result {
  const rows = files.map((each) => [each.role, each.changed ? changed : 'as it was', each.file]);
  return { data: { files }, lines: table([['KEY', 'NOW', 'FILE'], ...rows]) };
}
