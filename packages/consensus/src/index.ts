// The public face of consensus.
export { evidenceOfProposal, evidenceOfVote, isLockViolation, mayPrevote } from './accountability.ts';
export * from './limits.ts';
export { resume } from './resume.ts';
export { proposerOf } from './rules.ts';
export * from './share.ts';
export { startHeight, step, wouldKeepProposal, wouldKeepVote } from './step.ts';
export { delayMs, isTimely, stuckAfterMs, timeoutMs, valueBounds } from './timing.ts';
export * from './types.ts';
