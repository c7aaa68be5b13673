// Owns: when a process that serves is told to stop: by a signal, or by the end of its parent; and its end by force.
import { EXIT } from '../exit-codes.ts';
import { STOP_MS_MAX } from '../limits.ts';

/** Resolves when the process is asked to stop. */
export function stopAsked(withParent: boolean): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
    if (!withParent) return;
    process.stdin.once('end', () => resolve());
    process.stdin.once('error', () => resolve());
    process.stdin.resume();
  });
}

/** In a while, unless the process has ended in order by then. */
export function endByForce(): void {
  setTimeout(() => process.exit(EXIT.failed), STOP_MS_MAX).unref();
}
