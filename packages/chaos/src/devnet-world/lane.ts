// Owns: one direction between two nodes: which faults stand on it, and what they come to together. Does not own: bytes
// (pump.ts).

/** Faults of one lane may stand together: delays add up, the narrowest bandwidth counts. */
export interface LaneFault {
  readonly delayMs?: number;
  /** On top of the delay, drawn for each piece: at most so much. */
  readonly jitterMs?: number;
  readonly bytesPerSecond?: number;
  /** Probability that a bit of a piece is flipped. */
  readonly corruptChance?: number;
  /**
   * Bytes wait. `stall`: until it is undone, then all of them arrive. `cut`: for ever; a stream cannot lose bytes, so a
   * connection that would have to is reset when it is undone.
   */
  readonly hold?: 'stall' | 'cut';
  /** Connections end, and none can be made. */
  readonly refuse?: boolean;
}

export interface LanePolicy {
  readonly delayMs: number;
  readonly jitterMs: number;
  readonly bytesPerSecond: number;
  readonly corruptChance: number;
  readonly hold: 'stall' | 'cut' | undefined;
  readonly refuse: boolean;
}

export interface Lane {
  readonly policy: LanePolicy;
  impose(fault: LaneFault): () => void;
  /** Called after each change. */
  listen(onChange: (before: LanePolicy) => void): () => void;
}

export function createLane(): Lane {
  const faults = new Set<LaneFault>();
  const listeners = new Set<(before: LanePolicy) => void>();
  let policy = policyOf([]);
  const change = (): void => {
    const before = policy;
    policy = policyOf([...faults]);
    for (const tell of [...listeners]) tell(before);
  };
  return {
    get policy() {
      return policy;
    },
    impose: (given) => {
      const fault = { ...given };
      faults.add(fault);
      change();
      return () => {
        if (faults.delete(fault)) change();
      };
    },
    listen: (onChange) => {
      listeners.add(onChange);
      return () => listeners.delete(onChange);
    },
  };
}

function policyOf(faults: readonly LaneFault[]): LanePolicy {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const holds = faults.map(({ hold }) => hold);
  return {
    delayMs: sum(faults.map(({ delayMs = 0 }) => delayMs)),
    jitterMs: sum(faults.map(({ jitterMs = 0 }) => jitterMs)),
    bytesPerSecond: Math.min(
      ...faults.map(({ bytesPerSecond = Number.POSITIVE_INFINITY }) => bytesPerSecond),
      Number.POSITIVE_INFINITY,
    ),
    corruptChance: Math.max(0, ...faults.map(({ corruptChance = 0 }) => corruptChance)),
    hold: holds.includes('cut') ? 'cut' : holds.find((hold) => hold !== undefined),
    refuse: faults.some(({ refuse = false }) => refuse),
  };
}
