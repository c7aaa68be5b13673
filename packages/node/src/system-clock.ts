// Owns: the Clock port on the system's clocks. A delay of zero comes after whatever has arrived on the sockets by now.
import type { Clock } from './ports.ts';

export function createSystemClock(): Clock {
  return {
    wallMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    after: (delayMs, fire) => {
      if (delayMs <= 0) {
        const immediate = setImmediate(fire);
        return () => clearImmediate(immediate);
      }
      const timer = setTimeout(fire, delayMs);
      return () => clearTimeout(timer);
    },
  };
}
