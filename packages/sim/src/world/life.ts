// Owns: that nothing of a crashed process happens any more, and nothing of a frozen one until it thaws: every callback of
// one run of a node passes through its life.
import type { Cancel } from '@consilium/node/replica';
import type { Scheduler } from './scheduler.ts';

/** One run of a process, from start to crash. */
export interface Life {
  isAlive(): boolean;
  end(): void;
  /** Stops the process without ending it. What becomes due is done, in its order, when it goes on. */
  freeze(): void;
  thaw(): void;
  after(delayUs: number, fire: () => void): Cancel;
}

export function createLife(scheduler: Scheduler): Life {
  let alive = true;
  let frozen = false;
  let due: (() => void)[] = [];
  const run = (fire: () => void): void => {
    if (!alive) return;
    if (frozen) due.push(fire);
    else fire();
  };
  return {
    isAlive: () => alive,
    end: () => {
      alive = false;
      due = [];
    },
    freeze: () => {
      frozen = true;
    },
    thaw: () => {
      frozen = false;
      const fires = due;
      due = [];
      for (const fire of fires) scheduler.after(0, () => run(fire));
    },
    after: (delayUs, fire) => {
      let cancelled = false;
      const cancel = scheduler.after(delayUs, () => run(() => (cancelled ? undefined : fire())));
      return () => {
        cancelled = true;
        cancel();
      };
    },
  };
}
