// Owns: every bound of the node, with its reason. Bounds of the formats stand in core's limits.ts.

/** One framed message of any channel: the largest is a block of full size with its certificate. */
export const MESSAGE_BYTES_MAX: number = 8 * 1024 * 1024;
/** Bytes waiting to be sent to one peer on one channel; more is dropped, and sync brings it later. */
export const SEND_QUEUE_BYTES_MAX: number = 16 * 1024 * 1024;
