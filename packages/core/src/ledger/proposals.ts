// Owns: the vote by which the hospitals of the set govern: a change is proposed, approved, decided by more than two thirds
// of the power, or withdrawn, or lapses (docs/protocol.md, "Governance"). Does not own: what a change asks for and does
// (changes.ts).
import { concat, fromHex, type Hex32 } from '../bytes.ts';
import { encode, hex32, type Shape, struct } from '../codec.ts';
import { ConsiliumError } from '../errors.ts';
import { taggedHash } from '../hash.ts';
import {
  OPEN_PROPOSALS_MAX,
  OPEN_PROPOSALS_PER_INSTITUTION_MAX,
  PROPOSAL_LIFETIME_HEIGHTS,
} from '../limits.ts';
import { findValidator, isQuorum, totalPower } from '../validators.ts';
import { applyChange, checkChange } from './changes.ts';
import type { ActionContext, ActionDefinition, Outcome } from './context.ts';
import {
  type ChangeProposal,
  type GovernedChange,
  governedChangeShape,
  type OpenProposal,
} from './governance-rows.ts';
import type { Overlay, StateReader } from './state.ts';
import { deleteRow, readRow, writeRow } from './table.ts';
import { CHANGE_PROPOSALS, OPEN_PROPOSALS } from './tables.ts';
import { nextValidators } from './validator-sets.ts';

export interface InstitutionsProposeBody {
  readonly change: GovernedChange;
}

export interface ProposalBody {
  readonly proposal: Hex32;
}

const proposalBodyShape: Shape<ProposalBody> = struct<ProposalBody>({ proposal: hex32 });

/** The sender's approval is in its proposal. Gives the proposal's id; alone in the set, it decides at once. */
export const institutionsPropose: ActionDefinition<InstitutionsProposeBody> = {
  version: 1,
  senders: ['institution'],
  shape: struct<InstitutionsProposeBody>({ change: governedChangeShape }),
  quota: (reader, sender, height) => ({
    used: openProposals(reader, height).filter((open) => open.proposer === sender).length,
    max: OPEN_PROPOSALS_PER_INSTITUTION_MAX,
  }),
  apply: (context, { change }) => {
    requireMember(context);
    pruneProposals(context.state, context.height);
    const changeHash = taggedHash('consilium/set-change/v1', encode(governedChangeShape, change));
    const open = openProposals(context.state, context.height);
    if (open.some((other) => other.changeHash === changeHash)) throw new ConsiliumError('PROPOSAL_EXISTS');
    if (open.length >= OPEN_PROPOSALS_MAX)
      throw new ConsiliumError('TX_QUOTA_EXCEEDED', { max: OPEN_PROPOSALS_MAX });
    checkChange(context, change);
    const id = proposalId(context, changeHash);
    const lastHeight = context.height + PROPOSAL_LIFETIME_HEIGHTS;
    writeRow(
      context.state,
      OPEN_PROPOSALS,
      [],
      [...open, { id, proposer: context.sender, changeHash, lastHeight }],
    );
    return countApproval(context, id, {
      change,
      proposer: context.sender,
      approvals: [context.sender],
      openedHeight: context.height,
      lastHeight,
    });
  },
};

export const institutionsApprove: ActionDefinition<ProposalBody> = {
  version: 1,
  senders: ['institution'],
  shape: proposalBodyShape,
  apply: (context, { proposal: id }) => {
    requireMember(context);
    const proposal = requireOpen(context, id);
    if (proposal.approvals.includes(context.sender)) throw new ConsiliumError('PROPOSAL_APPROVED');
    // Who left the set since it approved counts no more; without this the list could outgrow its bound.
    const members = proposal.approvals.filter((member) => isMember(context.state, member));
    return countApproval(context, id, { ...proposal, approvals: [...members, context.sender] });
  },
};

/** Who opened a proposal may close it, whether or not it still votes: others may have approved, and nothing is decided. */
export const institutionsWithdraw: ActionDefinition<ProposalBody> = {
  version: 1,
  senders: ['institution'],
  shape: proposalBodyShape,
  apply: (context, { proposal: id }) => {
    const { proposer } = requireOpen(context, id);
    if (proposer !== context.sender) throw new ConsiliumError('TX_NOT_PERMITTED', { rule: 'proposer' });
    closeProposal(context, id);
    return { id, index: null };
  },
};

/** Proposals that can still be approved at `height`, in the order of opening. */
export function openProposals(reader: StateReader, height: number): readonly OpenProposal[] {
  return (readRow(reader, OPEN_PROPOSALS) ?? []).filter(({ lastHeight }) => lastHeight >= height);
}

/** Throws `PROPOSAL_NOT_FOUND`. */
function requireOpen({ state, height }: ActionContext, id: Hex32): ChangeProposal {
  const proposal = readRow(state, CHANGE_PROPOSALS, id);
  if (proposal === undefined || proposal.lastHeight < height) throw new ConsiliumError('PROPOSAL_NOT_FOUND');
  return proposal;
}

/** While block H is executed: whether the institution's validator is in the set that decides H. */
function isMember(reader: StateReader, id: Hex32): boolean {
  return findValidator(nextValidators(reader), id) !== undefined;
}

function requireMember({ state, sender }: ActionContext): void {
  if (!isMember(state, sender)) throw new ConsiliumError('TX_NOT_PERMITTED', { rule: 'not in the set' });
}

/** Named by its proposer and salt too: an approval means this proposal, not a later one that says the same. */
function proposalId({ sender, salt }: ActionContext, changeHash: Hex32): Hex32 {
  const name = concat(fromHex(sender), fromHex(salt), fromHex(changeHash));
  return taggedHash('consilium/set-proposal/v1', name);
}

function pruneProposals(overlay: Overlay, height: number): void {
  const open = readRow(overlay, OPEN_PROPOSALS) ?? [];
  for (const { id, lastHeight } of open) {
    if (lastHeight < height) deleteRow(overlay, CHANGE_PROPOSALS, id);
  }
  writeRow(overlay, OPEN_PROPOSALS, [], openProposals(overlay, height));
}

/** More than two thirds of the power of the set that decides this height; then the change is made and closed. */
function countApproval(context: ActionContext, id: Hex32, proposal: ChangeProposal): Outcome {
  const set = nextValidators(context.state);
  const approving = set.filter((validator) => proposal.approvals.includes(validator.id));
  if (isQuorum(totalPower(approving), totalPower(set))) {
    // Looked at again: other changes may have been decided since it was proposed.
    checkChange(context, proposal.change);
    applyChange(context, proposal.change);
    closeProposal(context, id);
  } else {
    writeRow(context.state, CHANGE_PROPOSALS, [id], proposal);
  }
  return { id, index: null };
}

function closeProposal({ state, height }: ActionContext, id: Hex32): void {
  deleteRow(state, CHANGE_PROPOSALS, id);
  const open = openProposals(state, height).filter((other) => other.id !== id);
  writeRow(state, OPEN_PROPOSALS, [], open);
}
