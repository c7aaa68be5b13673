// Owns: proofs of misbehaviour as data. Does not own: their checking and consequences (ledger/evidence.ts).
import type { Hex32 } from './bytes.ts';
import { encode, list, oneOf, type Shape, struct, variants } from './codec.ts';
import { taggedHash } from './hash.ts';
import { BLOCK_EVIDENCE_MAX } from './limits.ts';
import { type SignedProposal, signedProposalShape, type Vote, voteShape } from './vote.ts';

/** Two different proposals of one validator for one (height, round). */
export interface DoubleProposal {
  readonly type: 'double-proposal';
  readonly first: SignedProposal;
  readonly second: SignedProposal;
}

/** Two different votes of one validator for one (height, round, type). */
export interface DoubleVote {
  readonly type: 'double-vote';
  readonly first: Vote;
  readonly second: Vote;
}

/**
 * A precommit for one value and a later prevote for another that no polka at or after the lock excuses: the prevote's
 * validRound is below the precommit's round. An honest validator never signs such a pair (docs/protocol.md, rule 17).
 */
export interface LockViolation {
  readonly type: 'lock-violation';
  readonly precommit: Vote;
  readonly prevote: Vote;
}

export type Evidence = DoubleProposal | DoubleVote | LockViolation;

export const evidenceShape: Shape<Evidence> = variants<Evidence>({
  'double-proposal': struct<DoubleProposal>({
    type: oneOf('double-proposal'),
    first: signedProposalShape,
    second: signedProposalShape,
  }),
  'double-vote': struct<DoubleVote>({ type: oneOf('double-vote'), first: voteShape, second: voteShape }),
  'lock-violation': struct<LockViolation>({
    type: oneOf('lock-violation'),
    precommit: voteShape,
    prevote: voteShape,
  }),
});

export const evidenceListShape: Shape<readonly Evidence[]> = list(evidenceShape, BLOCK_EVIDENCE_MAX);

export function evidenceRoot(evidence: readonly Evidence[]): Hex32 {
  return taggedHash('consilium/evidence/v1', encode(evidenceListShape, evidence));
}

export function accusedOf(evidence: Evidence): Hex32 {
  return evidence.type === 'lock-violation' ? evidence.precommit.validator : evidence.first.validator;
}

export function evidenceHeight(evidence: Evidence): number {
  return evidence.type === 'lock-violation' ? evidence.precommit.height : evidence.first.height;
}
