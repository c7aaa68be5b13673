// Owns: the bounds of agreement's memory, with their reasons.

/** Votes of one sender for one (round, type) that are always kept: the first, and one more as evidence. */
export const VOTES_KEPT_ALWAYS = 2;
/** Proposals kept of one round's proposer: two prove an equivocation, more prove nothing further. */
export const PROPOSALS_PER_ROUND_MAX = 2;
/** Later rounds of which one sender's votes are kept; beyond it its lowest goes, its highest stays. */
export const LATER_ROUNDS_PER_SENDER_MAX = 8;
/**
 * Rounds ahead of which proposals are kept: each member of the largest set has its turn once. Votes bring who is further
 * behind forward (rule 11), and the exchange of status brings the proposals again.
 */
export const PROPOSAL_ROUNDS_AHEAD_MAX = 64;
