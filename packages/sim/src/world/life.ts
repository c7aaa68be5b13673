// Owns: that nothing of a crashed process happens any more: every callback of one run of a node passes through its life.
import type { Cancel } from '@consilium/node/replica';
import type { Scheduler } from './scheduler.ts';

/** One run of a process, from start to crash. */
export interface Life {
  isAlive(): boolean;
  end(): void;
  after(delayUs: number, fire: () => void): Cancel;
}

export function createLife(scheduler: Scheduler): Life {
  let alive = true;
  return {
    isAlive: () => alive,
    end: () => {
      alive = false;
    },
    after: (delayUs, fire) =>
      scheduler.after(delayUs, () => {
        if (alive) fire();
      }),
  };
}
