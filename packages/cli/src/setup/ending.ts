// Owns: when a command that stays is asked to end. Does not own: what is taken down then.

export interface Ending {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  readonly asked: Promise<void>;
  /** Hands the signals back, so that nothing of this keeps the process alive. */
  release(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** From here on the first signal only asks; a second one ends the process at once. */
export function createEnding(): Ending {
  const aborter = new AbortController();
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  const ask = (): void => {
    if (aborter.signal.aborted) process.exit(1);
    aborter.abort();
    resolve();
  };
  for (const signal of SIGNALS) process.on(signal, ask);
  const release = (): void => {
    for (const signal of SIGNALS) process.off(signal, ask);
  };
  return { signal: aborter.signal, asked, release };
}
