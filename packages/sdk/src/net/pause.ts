// Owns: waiting, so that it can be cut short.

/** Resolves after `delayMs`, or at once when the signal is or becomes aborted. */
export type Pause = (delayMs: number, signal?: AbortSignal) => Promise<void>;

export const pause: Pause = (delayMs, signal) =>
  new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, delayMs);
    signal?.addEventListener('abort', done);
  });
