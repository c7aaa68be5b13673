// Owns: the bounds of agreement's memory, with their reasons.

/** Votes of one sender for one (round, type) that are always kept: the first, and one more as evidence. */
export const VOTES_KEPT_ALWAYS = 2;
/** Proposals kept of one round's proposer: two prove an equivocation, more prove nothing further. */
export const PROPOSALS_PER_ROUND_MAX = 2;
/** Later rounds of which one sender's votes are kept; beyond it its lowest goes, its highest stays. */
export const LATER_ROUNDS_PER_SENDER_MAX = 8;
