// Owns: finding the list of tokens of a home on this machine.
import { ConsiliumError } from '@consilium/core';
import type { Io } from '../io.ts';
import { isThere, pathOf } from './files.ts';
import { homeOf } from './own-node.ts';

/** Throws `USAGE_INVALID` without a home, `HOME_MISSING` {home}. */
export async function accessFileOf(io: Io, home: string | undefined): Promise<string> {
  const { homePaths } = await import('@consilium/node/own-home');
  const paths = homePaths(pathOf(io, homeOf({ home })));
  if (!(await isThere(paths.config))) throw new ConsiliumError('HOME_MISSING', { home: paths.home });
  return paths.access;
}
