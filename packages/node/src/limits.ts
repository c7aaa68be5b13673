// Owns: every bound of the node, with its reason. Bounds of the formats stand in core's limits.ts.

/** One framed message of any channel: the largest is a block of full size with its certificate. */
export const MESSAGE_BYTES_MAX: number = 8 * 1024 * 1024;
/** Bytes waiting to be sent to one peer on one channel; more is dropped, and sync brings it later. */
export const SEND_QUEUE_BYTES_MAX: number = 16 * 1024 * 1024;

/** One entry of the write-ahead log: a message of any channel, or a value with its bodies, and what was noted of it. */
export const WAL_ENTRY_BYTES_MAX: number = MESSAGE_BYTES_MAX + 64 * 1024;
/** The log of one height: 1000 rounds of 64 validators are under 100 MB, and it is read whole at start. */
export const WAL_FILE_BYTES_MAX: number = 256 * 1024 * 1024;

/** One slot of the signing record: a sector, which a disk writes whole or not at all. */
export const SIGNING_SLOT_BYTES = 512;
/** A signing record as JSON text. */
export const SIGNING_EXPORT_CHARS_MAX = 4096;
/** A node in doubt of its record watches this many rebroadcast periods of its peers before it signs. */
export const OBSERVE_REBROADCASTS = 3;
/** And not less than this, however fast they rebroadcast. */
export const OBSERVE_MS_MIN = 10_000;
