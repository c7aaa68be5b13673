// Owns: the hospitals of the network and the vote by which one is admitted or removed (docs/protocol.md, "Set changes").
// Does not own: from which height a set decides (validator-sets.ts), keys and credentials of people (identity.ts).
import { concat, fromHex, type Hex32 } from '../bytes.ts';
import { encode, hex32, struct } from '../codec.ts';
import { ConsiliumError } from '../errors.ts';
import { accountIdOf, DEVELOPMENT_CHAIN_PREFIX, isValidCard, type ValidatorCard } from '../genesis.ts';
import { taggedHash } from '../hash.ts';
import {
  OPEN_PROPOSALS_MAX,
  OPEN_PROPOSALS_PER_INSTITUTION_MAX,
  PROPOSAL_LIFETIME_HEIGHTS,
  VALIDATORS_MAX,
} from '../limits.ts';
import { findValidator, isQuorum, totalPower } from '../validators.ts';
import { claimKey, NO_SALT, requireActiveInstitution } from './accounts.ts';
import type { ActionContext, ActionDefinition, Outcome } from './context.ts';
import {
  type Institution,
  type KeyHolder,
  type OpenProposal,
  type SetChange,
  type SetProposal,
  setChangeShape,
} from './rows.ts';
import type { Overlay, StateReader } from './state.ts';
import {
  ACCOUNTS,
  deleteRow,
  INSTITUTION_NAMES,
  INSTITUTIONS,
  KEYS,
  OPEN_PROPOSALS,
  readRow,
  SET_PROPOSALS,
  writeRow,
} from './tables.ts';
import { decidedValidators, decideValidators, nextValidators } from './validator-sets.ts';

/** Below this count f is 0: one faulty hospital could stop the network or fork it. */
export const SAFE_SET_COUNT = 4;

export interface InstitutionsProposeBody {
  readonly change: SetChange;
}

export interface InstitutionsApproveBody {
  readonly proposal: Hex32;
}

/** The sender's approval is in its proposal. Gives the proposal's id; alone in the set, it decides at once. */
export const institutionsPropose: ActionDefinition<InstitutionsProposeBody> = {
  version: 1,
  senders: ['institution'],
  shape: struct<InstitutionsProposeBody>({ change: setChangeShape }),
  quota: (reader, sender, height) => ({
    used: openProposals(reader, height).filter((open) => open.proposer === sender).length,
    max: OPEN_PROPOSALS_PER_INSTITUTION_MAX,
  }),
  apply: (context, { change }) => {
    requireMember(context);
    pruneProposals(context.state, context.height);
    const changeHash = taggedHash('consilium/set-change/v1', encode(setChangeShape, change));
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

export const institutionsApprove: ActionDefinition<InstitutionsApproveBody> = {
  version: 1,
  senders: ['institution'],
  shape: struct<InstitutionsApproveBody>({ proposal: hex32 }),
  apply: (context, { proposal: id }) => {
    requireMember(context);
    const proposal = readRow(context.state, SET_PROPOSALS, id);
    if (proposal === undefined || proposal.lastHeight < context.height)
      throw new ConsiliumError('PROPOSAL_NOT_FOUND');
    if (proposal.approvals.includes(context.sender)) throw new ConsiliumError('PROPOSAL_APPROVED');
    // Who left the set since it approved counts no more; without this the list could outgrow its bound.
    const members = proposal.approvals.filter((member) => isMember(context.state, member));
    return countApproval(context, id, { ...proposal, approvals: [...members, context.sender] });
  },
};

/** Proposals that can still be approved at `height`, in the order of opening. */
export function openProposals(reader: StateReader, height: number): readonly OpenProposal[] {
  return (readRow(reader, OPEN_PROPOSALS) ?? []).filter(({ lastHeight }) => lastHeight >= height);
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
    if (lastHeight < height) deleteRow(overlay, SET_PROPOSALS, id);
  }
  writeRow(overlay, OPEN_PROPOSALS, [], openProposals(overlay, height));
}

/** More than two thirds of the power of the set that decides this height; then the change is made and closed. */
function countApproval(context: ActionContext, id: Hex32, proposal: SetProposal): Outcome {
  const set = nextValidators(context.state);
  const approving = set.filter((validator) => proposal.approvals.includes(validator.id));
  if (isQuorum(totalPower(approving), totalPower(set))) {
    // Looked at again: other changes may have been decided since it was proposed.
    checkChange(context, proposal.change);
    applyChange(context, proposal.change);
    closeProposal(context, id);
  } else {
    writeRow(context.state, SET_PROPOSALS, [id], proposal);
  }
  return { id, index: null };
}

function closeProposal({ state, height }: ActionContext, id: Hex32): void {
  deleteRow(state, SET_PROPOSALS, id);
  const open = openProposals(state, height).filter((other) => other.id !== id);
  writeRow(state, OPEN_PROPOSALS, [], open);
}

function checkChange(context: ActionContext, change: SetChange): void {
  if (change.type === 'admit') checkAdmission(context, change.card);
  else checkRemoval(context, change.institution, change.confirmName);
}

function applyChange(context: ActionContext, change: SetChange): void {
  if (change.type === 'admit') admit(context, change.card);
  else remove(context, change.institution);
}

function checkAdmission({ state, genesis, verify }: ActionContext, card: ValidatorCard): void {
  if (!isValidCard(verify, card)) throw new ConsiliumError('KEY_INVALID', { rule: 'card' });
  if (card.development && !genesis.chainId.startsWith(DEVELOPMENT_CHAIN_PREFIX))
    throw new ConsiliumError('KEY_INVALID', { rule: 'development keys on a chain that is not dev-' });
  if (new Set([card.accountKey, card.validatorKey, card.networkKey]).size !== 3)
    throw new ConsiliumError('KEY_INVALID', { rule: 'three different keys' });
  const returning = returningId(state, card);
  const bearer = readRow(state, INSTITUTION_NAMES, card.name);
  if (bearer !== undefined && bearer !== returning) throw new ConsiliumError('INSTITUTION_EXISTS');
  for (const [key, use] of cardKeys(card)) {
    const holder = readRow(state, KEYS, key);
    const own = holder !== undefined && holder.account === returning && holder.use === use;
    if (holder !== undefined && !own) throw new ConsiliumError('INSTITUTION_EXISTS');
  }
  if (decidedValidators(state).length >= VALIDATORS_MAX)
    throw new ConsiliumError('VALUE_INVALID', { field: 'validators', max: VALIDATORS_MAX });
}

/** The removed institution that a card with its current account key speaks for. */
function returningId(reader: StateReader, card: ValidatorCard): Hex32 | undefined {
  const holder = readRow(reader, KEYS, card.accountKey);
  if (holder === undefined) return undefined;
  const removed = readRow(reader, INSTITUTIONS, holder.account)?.status === 'removed';
  const current = readRow(reader, ACCOUNTS, holder.account)?.key === card.accountKey;
  return removed && current ? holder.account : undefined;
}

function cardKeys(card: ValidatorCard): readonly [Hex32, KeyHolder['use']][] {
  return [
    [card.accountKey, 'account'],
    [card.validatorKey, 'validator'],
    [card.networkKey, 'network'],
    [card.custodyKey, 'custody'],
  ];
}

function admit({ state, height }: ActionContext, card: ValidatorCard): void {
  const id = returningId(state, card) ?? accountIdOf(card.accountKey);
  const earlier = readRow(state, INSTITUTIONS, id);
  if (earlier !== undefined) deleteRow(state, INSTITUTION_NAMES, earlier.name);
  enterInstitution(state, id, card, { height, membership: (earlier?.membership ?? 0) + 1 });
  decideValidators(state, [...decidedValidators(state), { id, key: card.validatorKey, power: 1 }]);
}

/** Writes an institution with its name and keys. A returning one keeps its account and the keys it held. */
export function enterInstitution(
  overlay: Overlay,
  id: Hex32,
  card: ValidatorCard,
  { height, membership }: { readonly height: number; readonly membership: number },
): void {
  for (const [key, use] of cardKeys(card)) {
    if (readRow(overlay, KEYS, key) === undefined)
      claimKey(overlay, key, { account: id, use, salt: NO_SALT });
  }
  if (readRow(overlay, ACCOUNTS, id) === undefined) {
    writeRow(overlay, ACCOUNTS, [id], {
      kind: 'institution',
      key: card.accountKey,
      previousKey: null,
      institution: id,
      credential: null,
      encryptionKey: null,
      salt: NO_SALT,
    });
  }
  const { name, validatorKey, networkKey, custodyKey, addresses } = card;
  const institution: Institution = {
    name,
    validatorKey,
    networkKey,
    custodyKey,
    addresses,
    status: 'active',
    membership,
    admittedHeight: height,
    removedHeight: null,
  };
  writeRow(overlay, INSTITUTIONS, [id], institution);
  writeRow(overlay, INSTITUTION_NAMES, [name], id);
}

/**
 * A set of at least four never falls below four, and a smaller one never shrinks, without the name given by hand. The
 * last one stays whatever is confirmed: with nobody in the set no block could ever be decided again.
 */
function checkRemoval({ state }: ActionContext, id: Hex32, confirmName: string | null): void {
  const institution = requireActiveInstitution(state, id);
  const remaining = decidedValidators(state).length - 1;
  if (remaining < 1) throw new ConsiliumError('SET_CHANGE_UNSAFE', { remaining });
  if (remaining < SAFE_SET_COUNT && confirmName !== institution.name)
    throw new ConsiliumError('SET_CHANGE_UNSAFE', { remaining });
}

/**
 * Ends at once what the institution may do, and with it its clinicians' credentials; its validator goes on until the
 * second height after. Its account, name, patients and history stay, and it may be admitted again.
 */
function remove({ state, height }: ActionContext, id: Hex32): void {
  const institution = requireActiveInstitution(state, id);
  writeRow(state, INSTITUTIONS, [id], { ...institution, status: 'removed', removedHeight: height });
  decideValidators(
    state,
    decidedValidators(state).filter((validator) => validator.id !== id),
  );
}
