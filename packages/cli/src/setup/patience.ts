// Owns: how long commands of several steps go on trying, and that Ctrl-C ends them in order.
import type { Command } from 'commander';
import { integerOf } from '../usage.ts';
import { createEnding } from './ending.ts';

export interface PatienceOption {
  readonly timeout?: string;
}

export interface Patience {
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
}

export function addPatienceOption(command: Command): Command {
  return command.option(
    '--timeout <seconds>',
    'give up waiting for nodes and custodians after so long (default: never; Ctrl-C ends it)',
  );
}

/** Runs `use` until it is done, the time is over, or it is interrupted. */
export async function withPatience<T>(
  { timeout }: PatienceOption,
  use: (patience: Patience) => Promise<T>,
): Promise<T> {
  const limit = timeout === undefined ? {} : { timeoutMs: integerOf(timeout, '--timeout', 1) * 1000 };
  const ending = createEnding();
  try {
    return await use({ signal: ending.signal, ...limit });
  } finally {
    ending.release();
  }
}
