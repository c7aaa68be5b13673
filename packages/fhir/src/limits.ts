// Owns: every bound of fhir, with its reason.

/** Levels of nesting in a resource: the deepest of HL7's own examples has 20; what is deeper only exercises the stack. */
export const RESOURCE_DEPTH_MAX = 64;
/** Findings told of one resource: who mends it mends these first. */
export const FINDINGS_MAX = 100;
/** A title is one line of a list. */
export const TITLE_LENGTH_MAX = 120;
/** A reference in a consent, as text: a URL of a server and an id of 64 characters, many times over. */
export const REFERENCE_LENGTH_MAX = 512;
