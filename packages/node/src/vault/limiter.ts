// Owns: that not more than so many of one kind of work are under way; the rest waits in order.
export interface Limiter {
  run(work: () => Promise<void>): void;
  /** When nothing waits and nothing is under way. */
  idle(): Promise<void>;
}

/** Work never fails: it answers its caller itself. */
export function createLimiter(max: number): Limiter {
  const waiting: (() => Promise<void>)[] = [];
  const running = new Set<Promise<void>>();
  let active = 0;
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await next();
    active -= 1;
  };
  return {
    run: (next) => {
      waiting.push(next);
      if (active >= max) return;
      active += 1;
      const worker = Promise.resolve().then(work);
      running.add(worker);
      void worker.then(() => running.delete(worker));
    },
    idle: async () => {
      while (active > 0) await Promise.all(running);
    },
  };
}
