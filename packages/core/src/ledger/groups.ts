// Owns: groups of accounts that an institution names, so that a consent can speak of a ward or a care team whose members
// change. Does not own: consents.
import type { Hex32 } from '../bytes.ts';
import { nullable, struct } from '../codec.ts';
import { ConsiliumError } from '../errors.ts';
import { GROUPS_PER_INSTITUTION_MAX } from '../limits.ts';
import { requireAccount, takeIndex } from './accounts.ts';
import { groupMembersShape } from './consent-rows.ts';
import type { ActionDefinition } from './context.ts';
import { indexShape } from './rows.ts';
import type { StateReader } from './state.ts';
import { readRow, writeRow } from './table.ts';
import { GROUPS, listCount } from './tables.ts';

/** `index`: of the group whose members these are from now on; null: a new one. */
export interface GroupPutBody {
  readonly index: number | null;
  readonly members: readonly Hex32[];
}

/** Gives the index of the group. No member is a patient: what a group may see, patients decide. */
export const groupPut: ActionDefinition<GroupPutBody> = {
  version: 1,
  senders: ['institution'],
  shape: struct<GroupPutBody>({ index: nullable(indexShape), members: groupMembersShape }),
  work: ({ members }) => Math.max(1, members.length),
  quota: (reader, sender) => ({
    used: listCount(reader, 'groups', sender),
    max: GROUPS_PER_INSTITUTION_MAX,
  }),
  apply: ({ state, sender, height, salt }, { index, members }) => {
    if (members.some((member) => requireAccount(state, member).kind === 'patient'))
      throw new ConsiliumError('VALUE_INVALID', { field: 'members' });
    if (index !== null && readRow(state, GROUPS, sender, index) === undefined)
      throw new ConsiliumError('GROUP_NOT_FOUND');
    const place = index ?? takeIndex(state, 'groups', sender, salt);
    writeRow(state, GROUPS, [sender, place], { members, height, salt });
    return { id: null, index: place };
  },
};

export function isMember(
  reader: StateReader,
  { institution, index }: { readonly institution: Hex32; readonly index: number },
  account: Hex32,
): boolean {
  return readRow(reader, GROUPS, institution, index)?.members.includes(account) ?? false;
}
