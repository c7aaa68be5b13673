// Owns: which institutions are in: their cards, their admission as learner or observer, their removal (docs/protocol.md,
// "Admission", "Removal"). Does not own: the vote (proposals.ts), a learner's step into the set (followers.ts), from
// which height a set decides (validator-sets.ts), keys and credentials of people (identity.ts).
import type { Hex32 } from '../bytes.ts';
import { ConsiliumError } from '../errors.ts';
import { accountIdOf, DEVELOPMENT_CHAIN_PREFIX, isValidCard, type ValidatorCard } from '../genesis.ts';
import { OBSERVERS_MAX, VALIDATORS_MAX } from '../limits.ts';
import { findValidator } from '../validators.ts';
import { claimKey, mustReadInstitution, NO_SALT, requireAdmitted } from './accounts.ts';
import type { ActionContext } from './context.ts';
import { addFollower, dropFollower, followersOf } from './followers.ts';
import type { FollowerRole, RemoveChange } from './governance-rows.ts';
import type { Institution, KeyHolder } from './rows.ts';
import type { Overlay, StateReader } from './state.ts';
import { deleteRow, readRow, writeRow } from './table.ts';
import { ACCOUNTS, INSTITUTION_NAMES, INSTITUTIONS, KEYS } from './tables.ts';
import { decidedValidators, decideValidators } from './validator-sets.ts';

/** Below this count f is 0: one faulty hospital could stop the network or fork it. */
export const SAFE_SET_COUNT = 4;

export function checkAdmission(context: ActionContext, card: ValidatorCard, role: FollowerRole): void {
  const { state } = context;
  checkCard(context, card);
  const returning = returningId(state, card);
  const bearer = readRow(state, INSTITUTION_NAMES, card.name);
  if (bearer !== undefined && bearer !== returning) throw new ConsiliumError('INSTITUTION_EXISTS');
  for (const [key, use] of cardKeys(card)) {
    const holder = readRow(state, KEYS, key);
    const own = holder !== undefined && holder.account === returning && holder.use === use;
    if (holder !== undefined && !own) throw new ConsiliumError('INSTITUTION_EXISTS');
  }
  checkRoom(state, role);
}

/** A card that may speak here at all: its signatures, its keys, and no development keys in earnest. */
export function checkCard({ genesis, verify }: ActionContext, card: ValidatorCard): void {
  if (!isValidCard(verify, card)) throw new ConsiliumError('KEY_INVALID', { rule: 'card' });
  if (card.development && !genesis.chainId.startsWith(DEVELOPMENT_CHAIN_PREFIX))
    throw new ConsiliumError('KEY_INVALID', { rule: 'development keys on a chain that is not dev-' });
  if (new Set([card.accountKey, card.validatorKey, card.networkKey]).size !== 3)
    throw new ConsiliumError('KEY_INVALID', { rule: 'three different keys' });
}

/** Whoever is admitted as a learner has its place in the set from then on, so that it never asks for it in vain. */
function checkRoom(reader: StateReader, role: FollowerRole): void {
  const taken = followersOf(reader, role).length;
  if (role === 'observer') {
    if (taken >= OBSERVERS_MAX)
      throw new ConsiliumError('VALUE_INVALID', { field: 'observers', max: OBSERVERS_MAX });
  } else if (decidedValidators(reader).length + taken >= VALIDATORS_MAX)
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

export function cardKeys(card: ValidatorCard): readonly [Hex32, KeyHolder['use']][] {
  return [
    [card.accountKey, 'account'],
    [card.validatorKey, 'validator'],
    [card.networkKey, 'network'],
    [card.custodyKey, 'custody'],
  ];
}

export function admit({ state, height }: ActionContext, card: ValidatorCard, role: FollowerRole): void {
  const id = returningId(state, card) ?? accountIdOf(card.accountKey);
  const earlier = readRow(state, INSTITUTIONS, id);
  if (earlier !== undefined) deleteRow(state, INSTITUTION_NAMES, earlier.name);
  const membership = (earlier?.membership ?? 0) + 1;
  const status = role === 'observer' ? 'observer' : 'active';
  enterInstitution(state, id, card, { height, membership, status });
  addFollower(state, { institution: id, role, sinceHeight: height });
}

interface Entry {
  readonly height: number;
  readonly membership: number;
  readonly status: Institution['status'];
}

/** Writes an institution with its name and keys. A returning one keeps its account and the keys it held. */
export function enterInstitution(overlay: Overlay, id: Hex32, card: ValidatorCard, entry: Entry): void {
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
  const { height, membership, status } = entry;
  const institution: Institution = {
    name,
    validatorKey,
    networkKey,
    custodyKey,
    addresses,
    status,
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
export function checkRemoval({ state }: ActionContext, { institution: id, confirmName }: RemoveChange): void {
  const institution = requireAdmitted(state, id);
  const set = decidedValidators(state);
  if (findValidator(set, id) === undefined) return;
  const remaining = set.length - 1;
  if (remaining < 1) throw new ConsiliumError('SET_CHANGE_UNSAFE', { remaining });
  if (remaining < SAFE_SET_COUNT && confirmName !== institution.name)
    throw new ConsiliumError('SET_CHANGE_UNSAFE', { remaining });
}

/**
 * Ends at once what the institution may do, and with it its clinicians' credentials; its validator goes on until the
 * second height after. Its account, name, patients and history stay, and it may be admitted again.
 */
export function remove({ state, height }: ActionContext, id: Hex32): void {
  const institution = mustReadInstitution(state, id);
  writeRow(state, INSTITUTIONS, [id], { ...institution, status: 'removed', removedHeight: height });
  dropFollower(state, id);
  const set = decidedValidators(state);
  if (findValidator(set, id) !== undefined)
    decideValidators(
      state,
      set.filter((validator) => validator.id !== id),
    );
}
