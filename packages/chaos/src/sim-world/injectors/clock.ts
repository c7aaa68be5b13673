// Owns: faults of the wall clock in the simulator.
import type { Scheduler } from '@consilium/sim';
import { each, type Injectors } from '../injector.ts';

/** How often a drifting or standing clock is set anew. */
const TICK_US = 20_000;

export const CLOCK_FAULTS: Injectors = {
  'clock-jump': each((_context, { clockFault }, { params }) => {
    const ms = Number(params['ms']);
    clockFault.offsetMs += ms;
    return () => {
      clockFault.offsetMs -= ms;
    };
  }),
  'clock-drift': each((context, { clockFault }, { params }) =>
    drifting(context.cluster.scheduler, clockFault, Number(params['percent']) / 100),
  ),
  'clock-freeze': each((context, { clockFault }) => drifting(context.cluster.scheduler, clockFault, -1)),
};

/** `rate`: milliseconds gained in each millisecond. */
function drifting(scheduler: Scheduler, fault: { offsetMs: number }, rate: number): () => void {
  const startUs = scheduler.nowUs();
  let gainedMs = 0;
  let active = true;
  const tick = (): void => {
    if (!active) return;
    const shouldMs = Math.round(((scheduler.nowUs() - startUs) / 1000) * rate);
    fault.offsetMs += shouldMs - gainedMs;
    gainedMs = shouldMs;
    scheduler.after(TICK_US, tick);
  };
  tick();
  return () => {
    active = false;
    fault.offsetMs -= gainedMs;
  };
}
