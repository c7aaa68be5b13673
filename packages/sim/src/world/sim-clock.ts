// Owns: a node's clocks over simulated time: a wall clock that may be off and may jump, a monotonic one that does not.
import type { Clock } from '@consilium/node/replica';
import type { Life } from './life.ts';
import type { Scheduler } from './scheduler.ts';

/** Milliseconds since the epoch at which every simulated run begins. */
export const WORLD_START_MS = 1_800_000_000_000;

/** How far a node's wall clock is off. Milliseconds; changed by faults. */
export interface ClockFault {
  offsetMs: number;
}

export function createSimClock(scheduler: Scheduler, life: Life, fault: ClockFault): Clock {
  return {
    wallMs: () => WORLD_START_MS + Math.floor(scheduler.nowUs() / 1000) + fault.offsetMs,
    monotonicMs: () => scheduler.nowUs() / 1000,
    // At least so long: who waits for a moment and wakes a rounding error before it would wait for ever at one time.
    after: (delayMs, fire) => life.after(Math.ceil(delayMs * 1000), fire),
  };
}
