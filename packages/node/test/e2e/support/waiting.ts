// Waiting for a condition of the world outside this process, never for a time.
import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 25;
/** Far beyond what anything here takes: a machine may be busy with other things. */
const GIVE_UP_MS = 120_000;

/** What `look` gives, once it gives anything. `what` names it in the failure. */
export async function eventually<T>(
  what: string | (() => string),
  look: () => T | undefined | Promise<T | undefined>,
  giveUpMs: number = GIVE_UP_MS,
): Promise<T> {
  const end = performance.now() + giveUpMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`never: ${typeof what === 'string' ? what : what()}`);
    await pause(POLL_MS);
  }
}

export async function until(
  what: string | (() => string),
  holds: () => boolean | Promise<boolean>,
  giveUpMs?: number,
): Promise<void> {
  await eventually(what, async () => ((await holds()) ? true : undefined), giveUpMs);
}
