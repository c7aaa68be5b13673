// Owns: every bound of the command, with its reason.

/** Content of all records in one JSON object: what a program takes in one piece. `--out` has no such bound. */
export const JSON_CONTENT_BYTES_MAX: number = 64 * 1024 * 1024;
/** Registered records that are shown with their ids to a person; `--json` shows all. */
export const REGISTERED_SHOWN_MAX = 10;
/** A secret typed at the terminal: the longest passphrase. */
export const SECRET_BYTES_MAX = 1_024;
