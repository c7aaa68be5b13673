// Owns: that what breaks in the kit itself is never taken for a verdict: 70 in place of 1, and 2 for a run that was stopped.
import { ConsiliumError, type ErrorCode, isConsiliumError } from '@consilium/core';
import type { CommandResult } from './result.ts';

/** What the caller did wrong, or what the command was asked to find out. */
const OF_THE_CALLER: readonly ErrorCode[] = [
  'CHAOS_NOT_HEALED',
  'CHAOS_RUN_INVALID',
  'DEVNET_NOT_RUNNING',
  'FILE_EXISTS',
  'FILE_MISSING',
  'FILE_TOO_LARGE',
  'FILE_UNREADABLE',
  'SCENARIO_INVALID',
];

/** The same command; throws `CHAOS_BROKEN` {error} for everything else that is thrown in it. */
export function guarded<Options extends unknown[]>(
  command: (...options: Options) => Promise<CommandResult>,
): (...options: Options) => Promise<CommandResult> {
  return async (...options) => {
    try {
      return await command(...options);
    } catch (error) {
      if (isConsiliumError(error, 'INTERRUPTED')) return interrupted();
      if (isConsiliumError(error) && OF_THE_CALLER.includes(error.code)) throw error;
      throw broken(error);
    }
  };
}

function interrupted(): CommandResult {
  return { data: { outcome: 'unknown', interrupted: true }, lines: ['interrupted'], exitCode: 2 };
}

function broken(error: unknown): ConsiliumError {
  const what = error instanceof Error ? error : new Error(String(error));
  const code = isConsiliumError(what) ? `${what.code}: ` : '';
  const place =
    what.stack
      ?.split('\n')
      .find((line) => line.trimStart().startsWith('at '))
      ?.trim() ?? '';
  return new ConsiliumError('CHAOS_BROKEN', { error: `${code}${what.message}`, place });
}
