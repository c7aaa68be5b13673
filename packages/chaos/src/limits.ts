// Owns: every bound of the fault kit, with its reason.

/** A simulated hospital costs little, messages grow with the square: beyond this a scenario would take minutes. */
export const NODES_MAX = 16;
/** Hospitals beside the founders. */
export const GUESTS_MAX = 4;
/** Steps of one scenario: a long draw of the swarm has some hundreds. */
export const STEPS_MAX = 1_000;
/** Of a scenario file: far above what so many steps need. */
export const SCENARIO_BYTES_MAX: number = 256 * 1024;
/** Faults of one scenario; a day of random faults is many scenarios. */
export const DURATION_MS_MAX = 3_600_000;
export const HEIGHTS_MAX = 100_000;
/** Writes a second of a scenario: what one client process can sign. */
export const RATE_MAX = 2_000;
export const CLIENTS_MAX = 256;
/** A repeated step comes at most so often, or the faults would starve the run. */
export const EVERY_MS_MIN = 10;
/** Blocks that every honest node must make after healing: enough that each of four proposes twice. */
export const HEIGHTS_AFTER_HEALING = 10;
/** Within which they must be there when the scenario says nothing: rounds may have grown long before the healing. */
export const LIVENESS_MS_DEFAULT = 120_000;
/** Simulated time within which the heights of a scenario must come although its faults stand. */
export const FAULTS_MS_MAX = 900_000;
