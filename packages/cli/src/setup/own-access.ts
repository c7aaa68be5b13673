// Owns: finding the list of tokens of a home on this machine.
import { ConsiliumError } from '@consilium/core';
import type { Io } from '../io.ts';
import { usage } from '../usage.ts';
import { isThere, pathOf } from './files.ts';

/** Throws `USAGE_INVALID` without a home, `HOME_MISSING` {home}. */
export async function accessFileOf(io: Io, home: string | undefined): Promise<string> {
  if (home === undefined) throw usage('--home is missing: the folder of the node on this machine');
  const { homePaths } = await import('@consilium/node/own-home');
  const paths = homePaths(pathOf(io, home));
  if (!(await isThere(paths.config))) throw new ConsiliumError('HOME_MISSING', { home: paths.home });
  return paths.access;
}
