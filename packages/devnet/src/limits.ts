// Owns: every bound of the launcher, with its reason.

/** Hospitals of one devnet: each is a process of over 100 MB, and a laptop has room for this many. */
export const NODES_MAX = 16;
/** Ports from one node's first to the next node's first: three are used, and round numbers are easier to remember. */
export const PORTS_PER_NODE = 10;
/** Below this an ordinary user may not listen. */
export const BASE_PORT_MIN = 1_024;
/** Above this Linux takes ports for outgoing connections, so that one would be taken now and then by chance. */
export const BASE_PORT_MAX: number = 32_768 - NODES_MAX * PORTS_PER_NODE;
/** From one base that is tried to the next. */
export const BASE_PORT_STEP = 100;
export const SEED_LENGTH_MAX = 64;
/** devnet.json of the largest network: far below. */
export const DEVNET_FILE_BYTES_MAX: number = 256 * 1024;

/** A node on a busy machine; five times what a slow laptop takes for four at once. */
export const READY_MS_MAX = 60_000;
/** From one probe to the next while a node comes up. */
export const PROBE_INTERVAL_MS = 50;
/** A probe is answered on this machine, by a process that may be stopped. */
export const PROBE_MS_MAX = 2_000;
/** Time to stop of its own; a node that takes longer is killed, so that the whole is down within 10 s. */
export const STOP_MS_MAX = 8_000;
/** A command to the supervisor that is no start of a node. */
export const CONTROL_MS_MAX: number = READY_MS_MAX + 2 * STOP_MS_MAX;
/** Commands are a few words. */
export const CONTROL_BODY_BYTES_MAX: number = 16 * 1024;
/** From one look at the nodes to the next, where a person watches. */
export const WATCH_INTERVAL_MS = 500;
/** A log that is longer when its node starts is moved aside; one older part is kept. */
export const LOG_BYTES_MAX: number = 16 * 1024 * 1024;
