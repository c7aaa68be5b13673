// Owns: whether evidence proves that a validator signed what no honest one signs (docs/protocol.md, rule 17), and its
// record. Does not own: evidence as data (../evidence.ts), finding it among votes (consensus).
import type { Hex32 } from '../bytes.ts';
import { ConsiliumError } from '../errors.ts';
import {
  accusedOf,
  type DoubleProposal,
  type DoubleVote,
  type Evidence,
  evidenceHeight,
  evidenceRoot,
  type LockViolation,
} from '../evidence.ts';
import { findValidator } from '../validators.ts';
import { verifyProposal, verifyVote } from '../vote.ts';
import { NO_SALT, takeIndex } from './accounts.ts';
import type { LedgerRules } from './context.ts';
import { paramsAt } from './params.ts';
import type { Overlay, StateReader } from './state.ts';
import { mustReadRow, readRow, writeRow } from './table.ts';
import { ACCUSED, EVIDENCE } from './tables.ts';
import { validatorsAt } from './validator-sets.ts';

/**
 * Throws `EVIDENCE_INVALID` with the rule, `EVIDENCE_TOO_OLD` when the offence lies more than the window below `height`,
 * or `EVIDENCE_KNOWN` when evidence against this validator was committed within the window. `height` is that of the
 * block in which the evidence would stand; the reader holds the state after the one below.
 */
export function checkEvidence(
  reader: StateReader,
  rules: LedgerRules,
  evidence: Evidence,
  height: number,
): void {
  const offence = evidenceHeight(evidence);
  const window = paramsAt(reader, rules.genesis, height).evidenceWindowHeights;
  if (offence > height) throw invalid('height');
  if (height - offence > window) throw new ConsiliumError('EVIDENCE_TOO_OLD', { window });
  if (accusedWithin(reader, accusedOf(evidence), height - window)) throw new ConsiliumError('EVIDENCE_KNOWN');
  checkStatements(evidence);
  checkSignatures(reader, rules, evidence);
}

function invalid(rule: string): ConsiliumError {
  return new ConsiliumError('EVIDENCE_INVALID', { rule });
}

function accusedWithin(reader: StateReader, validator: Hex32, oldestHeight: number): boolean {
  const index = readRow(reader, ACCUSED, validator);
  return index !== undefined && mustReadRow(reader, EVIDENCE, index).height >= oldestHeight;
}

function checkStatements(evidence: Evidence): void {
  if (evidence.type === 'double-proposal') checkDoubleProposal(evidence);
  else if (evidence.type === 'double-vote') checkDoubleVote(evidence);
  else checkLockViolation(evidence);
}

interface Statement {
  readonly validator: Hex32;
  readonly height: number;
}

function checkSameSigner(a: Statement, b: Statement): void {
  if (a.validator !== b.validator) throw invalid('validator');
  if (a.height !== b.height) throw invalid('height');
}

function checkDoubleProposal({ first, second }: DoubleProposal): void {
  checkSameSigner(first, second);
  if (first.round !== second.round) throw invalid('round');
  if (first.blockId === second.blockId && first.validRound === second.validRound) throw invalid('equal');
}

/** Two prevotes for one value that answer different proposals (other validRound) are two votes. */
function checkDoubleVote({ first, second }: DoubleVote): void {
  checkSameSigner(first, second);
  if (first.round !== second.round) throw invalid('round');
  if (first.type !== second.type) throw invalid('type');
  if (first.blockId === second.blockId && first.validRound === second.validRound) throw invalid('equal');
}

/**
 * An honest validator prevotes another value than one it precommitted only when the proposal's validRound, inside what
 * it signs, shows a polka at or after every such precommit.
 */
function checkLockViolation({ precommit, prevote }: LockViolation): void {
  checkSameSigner(precommit, prevote);
  if (precommit.type !== 'precommit' || prevote.type !== 'prevote') throw invalid('type');
  if (precommit.blockId === null || prevote.blockId === null) throw invalid('nil');
  if (precommit.blockId === prevote.blockId) throw invalid('equal');
  if (prevote.round <= precommit.round) throw invalid('round');
  if (prevote.validRound >= precommit.round) throw invalid('validRound');
}

function checkSignatures(reader: StateReader, rules: LedgerRules, evidence: Evidence): void {
  const set = validatorsAt(reader, evidenceHeight(evidence));
  const validator = set === undefined ? undefined : findValidator(set, accusedOf(evidence));
  if (validator === undefined) throw invalid('not in the set of that height');
  if (!signaturesVerify(rules, validator.key, evidence)) throw invalid('signature');
}

function signaturesVerify({ verify, genesisHash }: LedgerRules, key: Hex32, evidence: Evidence): boolean {
  if (evidence.type === 'double-proposal') {
    const { first, second } = evidence;
    return [first, second].every((proposal) => verifyProposal(verify, genesisHash, key, proposal));
  }
  const votes =
    evidence.type === 'double-vote'
      ? [evidence.first, evidence.second]
      : [evidence.precommit, evidence.prevote];
  return votes.every((vote) => verifyVote(verify, genesisHash, key, vote));
}

/** Enters checked evidence: from here on the validator is named. Its power is for the hospitals to decide on. */
export function recordEvidence(overlay: Overlay, evidence: Evidence, height: number, time: number): void {
  const validator = accusedOf(evidence);
  const index = takeIndex(overlay, 'evidence', null, NO_SALT);
  writeRow(overlay, EVIDENCE, [index], {
    validator,
    type: evidence.type,
    offenceHeight: evidenceHeight(evidence),
    evidenceHash: evidenceRoot([evidence]),
    height,
    time,
  });
  writeRow(overlay, ACCUSED, [validator], index);
}
