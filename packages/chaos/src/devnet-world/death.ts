// Owns: how the process of a daemon dies at a point of its own: alone, and then what it wrote stays with the operating system,
// or with its machine, and then what was not synced is lost. Does not own: the points.

export interface Death {
  /** What was written and not synced; called only when the machine goes on. Before it returns it is in the files. */
  keep(handOver: () => void): void;
  /** Does not return. `power`: the machine dies too. */
  die(power: boolean): void;
}

/** `kill`: ends the process before it returns. */
export function createDeath(kill: () => void): Death {
  const handOvers: (() => void)[] = [];
  return {
    keep: (handOver) => handOvers.push(handOver),
    die: (power) => {
      if (!power) for (const handOver of handOvers) handOver();
      kill();
    },
  };
}
