// Owns: every bound of the command, with its reason.

/** Content of all records in one JSON object: what a program takes in one piece. `--out` has no such bound. */
export const JSON_CONTENT_BYTES_MAX: number = 64 * 1024 * 1024;
/** Registered records that are shown with their ids to a person; `--json` shows all. */
export const REGISTERED_SHOWN_MAX = 10;
/** A secret typed at the terminal: the longest passphrase. */
export const SECRET_BYTES_MAX = 1_024;
/** A vault of hundreds of gigabytes at the speed that is left to a backup. */
export const BACKUP_WAIT_MS_MAX: number = 12 * 3_600_000;
/** Gigabytes of state at a fifth of a core. */
export const SNAPSHOT_WAIT_MS_MAX: number = 30 * 60_000;
/** A process that is still there so long after it was told to stop ends by force: no init system waits for ever. */
export const STOP_MS_MAX = 10_000;
/** A token counts ten years at most: whoever has it then has changed places. */
export const TOKEN_DAYS_MAX = 3_650;
/** Files of one folder of conformance cases: beyond it, a folder of something else was named. */
export const CASE_FILES_MAX = 10_000;
/** One entry as a line of input: what the SDK takes as one, and room for white space around it. */
export const AUDIT_INPUT_LENGTH_MAX: number = 2 * 64 * 1024;
/** Entries wait a day at most: what is not committed is provable to nobody. */
export const AUDIT_EVERY_SECONDS_MAX = 86_400;
