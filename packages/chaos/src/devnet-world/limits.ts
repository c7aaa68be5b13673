// Owns: the bounds of a run on a devnet, with their reasons.

/** By the clock on the wall, within which the heights of a scenario must come although its faults stand. */
export const FAULTS_WALL_MS_MAX = 180_000;
/** From one look at whether a phase is over to the next. */
export const LOOK_MS = 50;
/** From one look at the processes to the next. */
export const PROCESSES_LOOK_MS = 500;
/** What goes on beside the scenario and was not done so long after its end is given up. */
export const BESIDE_MS_MAX = 30_000;
/** For the collectors to hear of the last blocks. */
export const LAST_WORDS_MS_MAX = 10_000;
