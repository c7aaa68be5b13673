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
/**
 * Of a home that lies in memory: costs what is written to it. A node with less than 1 GiB of room says that it is not ready,
 * and then no run begins.
 */
export const SMALL_DISK_BYTES: number = 2 * 1024 * 1024 * 1024;
/** Before such a disk is filled it shrinks to what is used and so much more: the node goes on writing meanwhile. */
export const SMALL_DISK_SPARE_BYTES: number = 4 * 1024 * 1024;
/** On a busy machine a bound of time is stretched, at most so far. */
export const SLOWNESS_MAX = 6;
