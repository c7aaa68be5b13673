// Owns: the bounds of the story, with their reasons.

/** A condition of the network that a busy machine reaches in seconds. */
export const CONDITION_MS_MAX = 60_000;
/** From one look to the next. */
export const CONDITION_POLL_MS = 100;
/** How long the consent of the story would hold. */
export const CONSENT_DAYS = 90;
/** Records that the emergency of the story names of the dataset, and as many beside it: what one looks at first. */
export const BROKEN_RECORDS_MAX = 6;
