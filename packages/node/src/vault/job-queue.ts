// Owns: that what changes the vault happens one after the other, in the order of the calls, and that neighbours of one
// kind that wait are done together. Does not own: what a job is.
export interface Job {
  /** Neighbours with the same name share one turn; undefined: a turn of its own. */
  readonly group: string | undefined;
  /** Its part of `sizeMax` of its turn. A job that is larger alone has a turn of its own. */
  readonly size: number;
  readonly sizeMax: number;
}

export interface JobQueue<J extends Job> {
  add(job: J): void;
  /** When nothing waits and nothing is under way. */
  idle(): Promise<void>;
}

/** `perform` answers the jobs itself and never fails; it begins after `add` has returned. */
export function createJobQueue<J extends Job>(perform: (turn: readonly J[]) => Promise<void>): JobQueue<J> {
  let waiting: J[] = [];
  let working: Promise<void> | undefined;
  const work = async (): Promise<void> => {
    // Calls of the same turn of the thread come together.
    await Promise.resolve();
    while (waiting.length > 0) {
      const count = turnLength(waiting);
      const turn = waiting.slice(0, count);
      waiting = waiting.slice(count);
      await perform(turn);
    }
    working = undefined;
  };
  return {
    add: (job) => {
      waiting.push(job);
      working ??= work();
    },
    idle: async () => {
      while (working !== undefined) await working;
    },
  };
}

function turnLength(waiting: readonly Job[]): number {
  const first = waiting[0];
  if (first?.group === undefined) return 1;
  let size = 0;
  const end = waiting.findIndex((job) => {
    size += job.size;
    return job.group !== first.group || size > first.sizeMax;
  });
  return end === -1 ? waiting.length : Math.max(1, end);
}
