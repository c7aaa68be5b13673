// Owns: how long a command goes on trying: for ever, until a time, or until it is called off. Does not own: what it tries.
import { ConsiliumError } from '@consilium/core';
import { isAboutNode, type Session } from '../client/session.ts';
import { RETRY_BASE_MS, RETRY_MAX_MS } from '../limits.ts';

export interface PatienceOptions {
  /** Calls the command off. */
  readonly signal?: AbortSignal | undefined;
  /** Default: for ever. */
  readonly timeoutMs?: number | undefined;
}

export interface Patience {
  /** Throws `INTERRUPTED` when the command is called off. */
  readonly check: () => void;
  /** Waits, longer with each round. Throws `INTERRUPTED`, or the reason when the time is over. */
  readonly wait: (round: number, reason: ConsiliumError) => Promise<void>;
}

export function createPatience(
  { now, pause }: Pick<Session, 'now' | 'pause'>,
  { signal, timeoutMs }: PatienceOptions,
): Patience {
  const deadline = timeoutMs === undefined ? Number.POSITIVE_INFINITY : now() + timeoutMs;
  const check = (): void => {
    if (signal?.aborted === true) throw new ConsiliumError('INTERRUPTED');
  };
  return {
    check,
    wait: async (round, reason) => {
      check();
      const delayMs = Math.min(RETRY_BASE_MS * 2 ** round, RETRY_MAX_MS);
      if (now() + delayMs > deadline) throw reason;
      await pause(delayMs, signal);
      check();
    },
  };
}

/** Asks again while no node can answer. Throws what is not about a node at once. */
export async function persist<T>(
  patience: Patience,
  onWait: (reason: ConsiliumError) => void,
  question: () => Promise<T>,
): Promise<T> {
  for (let round = 0; ; round += 1) {
    patience.check();
    try {
      return await question();
    } catch (error) {
      if (!isAboutNode(error)) throw error;
      onWait(error);
      await patience.wait(round, error);
    }
  }
}
