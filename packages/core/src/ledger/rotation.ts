// Owns: other keys and addresses for an institution that is in: what it changes by its own signature, what the others vote
// on, and the overlap of old and new (docs/protocol.md, "Rotation"). Its account key it changes itself (identity.ts).
// Does not own: the vote (proposals.ts).
import type { Hex32 } from '../bytes.ts';
import { list, struct, text } from '../codec.ts';
import { ConsiliumError } from '../errors.ts';
import type { ValidatorCard } from '../genesis.ts';
import { ADDRESS_LENGTH_MAX, ADDRESSES_MAX, NETWORK_KEY_OVERLAP_HEIGHTS } from '../limits.ts';
import { findValidator } from '../validators.ts';
import { claimKey, mustReadInstitution, NO_SALT, requireAdmitted } from './accounts.ts';
import type { ActionContext, ActionDefinition } from './context.ts';
import type { RotateChange } from './governance-rows.ts';
import { cardKeys, checkCard } from './institutions.ts';
import type { Account, Institution, KeyHolder } from './rows.ts';
import type { Overlay } from './state.ts';
import { mustReadRow, readRow, writeRow } from './table.ts';
import { ACCOUNTS, FORMER_NETWORK_KEYS, INSTITUTIONS, KEYS } from './tables.ts';
import { decidedValidators, decideValidators } from './validator-sets.ts';

export interface InstitutionsMoveBody {
  readonly addresses: readonly string[];
}

/**
 * Where its node listens, an institution says itself: whoever is reached there proves its network key, so a false address
 * takes nothing from anybody but its owner.
 */
export const institutionsMove: ActionDefinition<InstitutionsMoveBody> = {
  version: 1,
  senders: ['institution'],
  observers: true,
  shape: struct<InstitutionsMoveBody>({ addresses: list(text(ADDRESS_LENGTH_MAX, 1), ADDRESSES_MAX) }),
  apply: ({ state, sender }, { addresses }) => {
    writeRow(state, INSTITUTIONS, [sender], { ...mustReadInstitution(state, sender), addresses });
    return { id: sender, index: null };
  },
};

/**
 * The card bears the institution's name and is signed by the account key and the validator key that it names. Each key is
 * the one in use or one that nobody ever held: a retired key stays retired. Voted on even when the institution itself
 * asks, since these keys are a vote, a way in, and shares of everybody's records: whoever stole the account key must not
 * get them, and whoever lost it must be able to come back.
 */
export function checkRotation(context: ActionContext, { institution: id, card }: RotateChange): void {
  const { state } = context;
  const institution = requireAdmitted(state, id);
  checkCard(context, card);
  if (card.name !== institution.name) throw new ConsiliumError('VALUE_INVALID', { field: 'name' });
  const account = mustReadRow(state, ACCOUNTS, id);
  const inUse = keysInUse(account, institution);
  for (const [key, use] of cardKeys(card)) {
    if (inUse[use] !== key && readRow(state, KEYS, key) !== undefined)
      throw new ConsiliumError('INSTITUTION_EXISTS', { key: use });
  }
  if (cardKeys(card).every(([key, use]) => inUse[use] === key))
    throw new ConsiliumError('VALUE_INVALID', { field: 'card', rule: 'no new key' });
}

function keysInUse(account: Account, institution: Institution): Readonly<Record<KeyHolder['use'], Hex32>> {
  const { validatorKey, networkKey, custodyKey } = institution;
  return { account: account.key, validator: validatorKey, network: networkKey, custody: custodyKey };
}

/** The validator key decides from the second height after, like a change of the set; everything else holds at once. */
export function rotate({ state, height }: ActionContext, { institution: id, card }: RotateChange): void {
  const before = mustReadInstitution(state, id);
  const account = mustReadRow(state, ACCOUNTS, id);
  for (const [key, use] of cardKeys(card)) {
    if (readRow(state, KEYS, key) === undefined) claimKey(state, key, { account: id, use, salt: NO_SALT });
  }
  if (card.accountKey !== account.key)
    writeRow(state, ACCOUNTS, [id], { ...account, key: card.accountKey, previousKey: account.key });
  const { validatorKey, networkKey, custodyKey, addresses } = card;
  writeRow(state, INSTITUTIONS, [id], { ...before, validatorKey, networkKey, custodyKey, addresses });
  if (networkKey !== before.networkKey) keepNetworkKey(state, id, before.networkKey, height);
  replaceValidatorKey(state, id, card);
}

function replaceValidatorKey(overlay: Overlay, id: Hex32, { validatorKey }: ValidatorCard): void {
  const set = decidedValidators(overlay);
  const member = findValidator(set, id);
  if (member === undefined || member.key === validatorKey) return;
  const others = set.filter((validator) => validator.id !== id);
  decideValidators(overlay, [...others, { ...member, key: validatorKey }]);
}

/** One former key for each institution: whoever rotates again in the overlap has gone over to the one in between. */
function keepNetworkKey(overlay: Overlay, institution: Hex32, key: Hex32, height: number): void {
  const standing = (readRow(overlay, FORMER_NETWORK_KEYS) ?? []).filter(
    (former) => former.institution !== institution && former.lastHeight >= height,
  );
  const lastHeight = height + NETWORK_KEY_OVERLAP_HEIGHTS;
  writeRow(overlay, FORMER_NETWORK_KEYS, [], [...standing, { institution, key, lastHeight }]);
}
