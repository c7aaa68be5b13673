// Owns: the signed messages of agreement as data: votes (prevote = PBFT prepare, precommit = commit) and proposals
// (pre-prepare), and the certificates made of votes. Does not own: what a validator does with them (consensus).
import type { Hex32, Hex64 } from './bytes.ts';
import { encode, hex32, hex64, integer, list, nullable, oneOf, type Shape, struct } from './codec.ts';
import type { Verify } from './ed25519.ts';
import { HEIGHT_MAX, ROUND_MAX, VALIDATORS_MAX } from './limits.ts';
import { verifyPayload } from './signing.ts';
import { isQuorum, totalPower, type Validator, type ValidatorSet } from './validators.ts';

/** "No valid round": a fresh proposal, a nil prevote, and every precommit carry it. Round 0 is a round. */
export const NO_ROUND = -1;

export type VoteType = 'prevote' | 'precommit';

/** What a vote signs. `blockId` null is a vote for nil. `validRound` is the proposal's that a prevote answers. */
export interface VoteContent {
  readonly type: VoteType;
  readonly height: number;
  readonly round: number;
  readonly blockId: Hex32 | null;
  readonly validRound: number;
}

export interface Vote extends VoteContent {
  readonly validator: Hex32;
  readonly signature: Hex64;
}

/** What the signature of a proposal covers. */
export interface ProposalContent {
  readonly height: number;
  readonly round: number;
  readonly blockId: Hex32;
  readonly validRound: number;
}

/** A proposal without its value: enough to prove a double proposal. */
export interface SignedProposal extends ProposalContent {
  /** Who signed it. The block's own `author` differs when a value is proposed again. */
  readonly validator: Hex32;
  readonly signature: Hex64;
}

export const heightShape: Shape<number> = integer(1, HEIGHT_MAX);
export const roundShape: Shape<number> = integer(0, ROUND_MAX);
export const validRoundShape: Shape<number> = integer(NO_ROUND, ROUND_MAX);

const voteContentFields = {
  type: oneOf('prevote', 'precommit'),
  height: heightShape,
  round: roundShape,
  blockId: nullable(hex32),
  validRound: validRoundShape,
} as const;

const proposalContentFields = {
  height: heightShape,
  round: roundShape,
  blockId: hex32,
  validRound: validRoundShape,
} as const;

export const voteContentShape: Shape<VoteContent> = struct<VoteContent>(voteContentFields);
export const voteShape: Shape<Vote> = struct<Vote>({
  ...voteContentFields,
  validator: hex32,
  signature: hex64,
});
export const proposalContentShape: Shape<ProposalContent> = struct<ProposalContent>(proposalContentFields);
export const signedProposalShape: Shape<SignedProposal> = struct<SignedProposal>({
  ...proposalContentFields,
  validator: hex32,
  signature: hex64,
});

export function votePayload(vote: VoteContent): Uint8Array {
  const { type, height, round, blockId, validRound } = vote;
  return encode(voteContentShape, { type, height, round, blockId, validRound });
}

export function proposalPayload(proposal: ProposalContent): Uint8Array {
  const { height, round, blockId, validRound } = proposal;
  return encode(proposalContentShape, { height, round, blockId, validRound });
}

/** Whether a vote's fields may stand together (protocol rules 5 and 17): one encoding for nil and for precommits. */
export function isWellFormedVote(vote: VoteContent): boolean {
  if (vote.type === 'precommit' || vote.blockId === null) return vote.validRound === NO_ROUND;
  return vote.validRound < vote.round;
}

export function verifyVote(verify: Verify, genesis: Hex32, key: Hex32, vote: Vote): boolean {
  return verifyPayload(verify, key, vote.signature, 'vote', genesis, votePayload(vote));
}

export function verifyProposal(
  verify: Verify,
  genesis: Hex32,
  key: Hex32,
  proposal: SignedProposal,
): boolean {
  return verifyPayload(verify, key, proposal.signature, 'proposal', genesis, proposalPayload(proposal));
}

/** Position in the height's validator set, and that validator's signature of the common content. */
export interface CertificateSignature {
  readonly index: number;
  readonly signature: Hex64;
}

/**
 * A quorum of equal votes. A commit certificate (`type` precommit) decides a block; a polka (`type` prevote) is PBFT's
 * prepared certificate, all of one `validRound`. Signatures are sorted by index, each once.
 */
export interface Certificate {
  readonly type: VoteType;
  readonly height: number;
  readonly round: number;
  readonly blockId: Hex32 | null;
  readonly validRound: number;
  readonly signatures: readonly CertificateSignature[];
}

export const certificateShape: Shape<Certificate> = struct<Certificate>({
  ...voteContentFields,
  signatures: list(
    struct<CertificateSignature>({ index: integer(0, VALIDATORS_MAX - 1), signature: hex64 }),
    VALIDATORS_MAX,
    1,
  ),
});

/** The certificate of equal votes of members of the set, in canonical order. The caller has checked the quorum. */
export function certificateOf(content: VoteContent, votes: readonly Vote[], set: ValidatorSet): Certificate {
  const byValidator = new Map(votes.map((vote) => [vote.validator, vote.signature]));
  const signatures = set.flatMap((validator, index) => {
    const signature = byValidator.get(validator.id);
    return signature === undefined ? [] : [{ index, signature }];
  });
  const { type, height, round, blockId, validRound } = content;
  return { type, height, round, blockId, validRound, signatures };
}

/** The votes that a certificate of this set is made of. Positions outside the set give nothing. */
export function votesOf(certificate: Certificate, set: ValidatorSet): Vote[] {
  const { signatures, ...content } = certificate;
  return signatures.flatMap(({ index, signature }) => {
    const validator = set[index];
    return validator === undefined ? [] : [{ ...content, validator: validator.id, signature }];
  });
}

/** Whether the signatures, sorted and each once, are valid and together more than two thirds of the set's power. */
export function isValidCertificate(
  verify: Verify,
  genesis: Hex32,
  set: ValidatorSet,
  certificate: Certificate,
): boolean {
  if (!isWellFormedVote(certificate)) return false;
  const payload = votePayload(certificate);
  let previous = -1;
  let power = 0;
  for (const { index, signature } of certificate.signatures) {
    const validator: Validator | undefined = set[index];
    if (index <= previous || validator === undefined) return false;
    if (!verifyPayload(verify, validator.key, signature, 'vote', genesis, payload)) return false;
    previous = index;
    power += validator.power;
  }
  return isQuorum(power, totalPower(set));
}
