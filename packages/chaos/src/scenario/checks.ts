// Owns: the names under which checkers convict, as scenarios and verdicts write them. Does not own: the checkers.

export const CHECKS = [
  'agreement',
  'stores',
  'validity',
  'certificates',
  'no-lost-ack',
  'consent-state',
  'liveness',
  'stall',
  'accountability',
  'rejections',
  'reports',
  'double-signing',
  'confidentiality',
  'records',
  'coverage',
  'evidence',
  'exception',
] as const;
