// Owns: who is let in without a vote: learners, who will be in the set once their node asks for it, and observers, who
// never will (docs/protocol.md, "Admission"). Does not own: the vote that lets them in (changes.ts).
import type { Hex32 } from '../bytes.ts';
import { struct } from '../codec.ts';
import { ConsiliumError } from '../errors.ts';
import { mustReadInstitution } from './accounts.ts';
import type { ActionDefinition } from './context.ts';
import type { Follower, FollowerRole } from './governance-rows.ts';
import type { Overlay, StateReader } from './state.ts';
import { readRow, writeRow } from './table.ts';
import { FOLLOWERS, FORMER_NETWORK_KEYS } from './tables.ts';
import { decidedValidators, decideValidators } from './validator-sets.ts';

/** In the order of admission. */
export function followers(reader: StateReader): readonly Follower[] {
  return readRow(reader, FOLLOWERS) ?? [];
}

export function followerRole(reader: StateReader, institution: Hex32): FollowerRole | undefined {
  return followers(reader).find((follower) => follower.institution === institution)?.role;
}

export function followersOf(reader: StateReader, role: FollowerRole): readonly Follower[] {
  return followers(reader).filter((follower) => follower.role === role);
}

export function addFollower(overlay: Overlay, follower: Follower): void {
  writeRow(overlay, FOLLOWERS, [], [...followers(overlay), follower]);
}

/** Nothing where it is none. */
export function dropFollower(overlay: Overlay, institution: Hex32): void {
  const before = followers(overlay);
  const after = before.filter((follower) => follower.institution !== institution);
  if (after.length < before.length) writeRow(overlay, FOLLOWERS, [], after);
}

/** Network keys of an institution that the gate lets in besides its current one, at `height`. */
export function formerNetworkKeys(reader: StateReader, institution: Hex32, height: number): readonly Hex32[] {
  return (readRow(reader, FORMER_NETWORK_KEYS) ?? [])
    .filter((former) => former.institution === institution && former.lastHeight >= height)
    .map(({ key }) => key);
}

export type InstitutionsJoinBody = Readonly<Record<never, never>>;

/**
 * A learner asks for its place in the set: its node has caught up, so that a quorum that counts on it finds it there.
 * Its validator decides from the second height after.
 */
export const institutionsJoin: ActionDefinition<InstitutionsJoinBody> = {
  version: 1,
  senders: ['institution'],
  shape: struct<InstitutionsJoinBody>({}),
  check: ({ state, sender }) => {
    if (followerRole(state, sender) !== 'learner')
      throw new ConsiliumError('TX_NOT_PERMITTED', { rule: 'learner' });
  },
  apply: ({ state, sender }) => {
    const { validatorKey } = mustReadInstitution(state, sender);
    dropFollower(state, sender);
    decideValidators(state, [...decidedValidators(state), { id: sender, key: validatorKey, power: 1 }]);
    return { id: sender, index: null };
  },
};
