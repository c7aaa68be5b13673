// Owns: judging what peers send about the running height before agreement sees it: form, links, signatures. Each check
// returns nothing, or a refusal: IGNORE for honest noise, REJECT for the sender's fault. Does not own: acting on it.
import { proposerOf, type State, wouldKeepProposal, wouldKeepVote } from '@consilium/consensus';
import {
  type Block,
  type Certificate,
  certificateHash,
  evidenceRoot,
  findValidator,
  fromHex,
  type Hex32,
  headerId,
  isValidCertificate,
  isWellFormedVote,
  merkleRoot,
  NO_ROUND,
  type Sha256,
  sha256,
  toHex,
  type Verify,
  type Vote,
  verifyProposal,
  verifyVote,
  votesOf,
} from '@consilium/core';
import type { ProposalMessage, Value } from '../messages/wire.ts';

export interface InboundRules {
  readonly genesisHash: Hex32;
  readonly verify: Verify;
  /** Messages under this node's own key are looked at even when agreement has no use for them: who else signs so? */
  readonly self: Hex32;
}

export interface InboundRefusal {
  readonly verdict: 'ignore' | 'reject';
  readonly reason: string;
}

const ignore = (reason: string): InboundRefusal => ({ verdict: 'ignore', reason });
const reject = (reason: string): InboundRefusal => ({ verdict: 'reject', reason });

/** A vote of the running height. */
export function checkVote(rules: InboundRules, state: State, vote: Vote): InboundRefusal | undefined {
  const validator = findValidator(state.config.validators, vote.validator);
  if (validator === undefined) return reject('vote.stranger');
  if (!isWellFormedVote(vote)) return reject('vote.malformed');
  if (isKnownVote(state, vote)) return ignore('vote.known');
  if (vote.validator !== rules.self && !wouldKeepVote(state, vote)) return ignore('vote.surplus');
  return verifyVote(rules.verify, rules.genesisHash, validator.key, vote)
    ? undefined
    : reject('vote.signature');
}

function isKnownVote(state: State, vote: Vote): boolean {
  const cast = state.votes.get(vote.round)?.[vote.type].get(vote.validator) ?? [];
  return cast.some((known) => known.blockId === vote.blockId && known.validRound === vote.validRound);
}

/** A polka or commit certificate of the running height. */
export function checkCertificate(
  rules: InboundRules,
  state: State,
  certificate: Certificate,
): InboundRefusal | undefined {
  const { validators } = state.config;
  const votes = votesOf(certificate, validators);
  if (votes.length > 0 && votes.every((vote) => isKnownVote(state, vote))) return ignore('certificate.known');
  const valid = isValidCertificate(rules.verify, rules.genesisHash, validators, certificate);
  return valid ? undefined : reject('certificate.invalid');
}

/** A value names its parts by hash: ids, evidence and the parent's certificate must be the ones that it names. */
export function checkValue(value: Value, height: number, genesisHash: Hex32): InboundRefusal | undefined {
  const { header, lastCertificate, evidence, txIds } = value;
  if (header.height !== height || header.genesis !== genesisHash) return reject('value.link');
  if (merkleRoot(txIds.map((id) => fromHex(id))) !== header.txRoot) return reject('value.txRoot');
  if (certificateHash(lastCertificate) !== header.lastCertificateHash) return reject('value.lastCertificate');
  if (evidenceRoot(evidence) !== header.evidenceRoot) return reject('value.evidence');
  return undefined;
}

/** The same of a whole block: whether its bodies and other parts are the ones that its header names. */
export function checkBlockParts(
  block: Block,
  genesisHash: Hex32,
  engine: Sha256 = sha256,
): InboundRefusal | undefined {
  const { header, lastCertificate, evidence } = block;
  const txIds = block.txs.map((bytes) => toHex(engine(bytes)));
  return checkValue({ header, lastCertificate, evidence, txIds }, header.height, genesisHash);
}

/** A proposal of the running height, by the proposer of its round, with the polka that its validRound claims. */
export function checkProposal(
  rules: InboundRules,
  state: State,
  message: ProposalMessage,
): InboundRefusal | undefined {
  const { proposal, value, polka } = message;
  const { height, validators } = state.config;
  const validator = findValidator(validators, proposal.validator);
  if (validator === undefined) return reject('proposal.stranger');
  if (proposal.validator !== proposerOf(state, proposal.round)) return ignore('proposal.not-proposer');
  if (proposal.validRound >= proposal.round) return reject('proposal.validRound');
  if (proposal.validator !== rules.self && !wouldKeepProposal(state, proposal))
    return ignore('proposal.surplus');
  if (headerId(value.header) !== proposal.blockId) return reject('proposal.blockId');
  if (new Set(value.txIds).size !== value.txIds.length) return reject('proposal.txIds');
  const linked = checkValue(value, height, rules.genesisHash);
  if (linked !== undefined) return linked;
  if (!verifyProposal(rules.verify, rules.genesisHash, validator.key, proposal))
    return reject('proposal.signature');
  if (proposal.validRound === NO_ROUND) return polka === null ? undefined : reject('proposal.polka');
  return checkPolka(rules, state, message);
}

function checkPolka(
  rules: InboundRules,
  state: State,
  { proposal, polka }: ProposalMessage,
): InboundRefusal | undefined {
  if (polka === null) return reject('proposal.polka');
  const answers =
    polka.type === 'prevote' &&
    polka.height === proposal.height &&
    polka.round === proposal.validRound &&
    polka.blockId === proposal.blockId;
  if (!answers) return reject('proposal.polka');
  // Known votes alone are no quorum: an honest node that relays the proposal must not be blamed for its polka.
  const valid = isValidCertificate(rules.verify, rules.genesisHash, state.config.validators, polka);
  return valid ? undefined : reject('proposal.polka');
}
