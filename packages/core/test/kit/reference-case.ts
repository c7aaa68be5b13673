// Owns: what the rows of a state say of one request and one record, as a case for the reference evaluator. Does not own: how the
// rows came to be, what is expected of the case (reference-decision.ts).
import {
  ACCOUNTS,
  type AccessRow,
  type Account,
  CONSENTS,
  CREDENTIALS,
  DELEGATIONS,
  EMERGENCY_STANDINGS,
  GROUPS,
  type Hex32,
  POLICY,
  RECORDS,
  readRow,
  type StateReader,
} from '../../src/index.ts';
import type { ReferenceCase, ReferenceGroup, ReferenceReader } from './reference-consent.ts';

/** What the rows of this state say of one record and a request, for the reference evaluator. */
export function caseOf(
  state: StateReader,
  patient: Hex32,
  asked: Pick<AccessRow, 'reader' | 'onBehalfOf' | 'purpose' | 'project' | 'emergency'>,
  record: Hex32,
  time: number,
): ReferenceCase {
  const { purpose, project, emergency, onBehalfOf } = asked;
  const consents = rowsOf((index) => readRow(state, CONSENTS, patient, index));
  return {
    ...{ time, patient, purpose, project },
    policy: readRow(state, POLICY) ?? 'Policy-break-glass-only',
    machine: onBehalfOf !== null,
    second: emergency !== null && emergency.second !== null,
    reader: readerOf(state, onBehalfOf ?? asked.reader, time),
    consents,
    delegations: rowsOf((index) => readRow(state, DELEGATIONS, patient, index)),
    groups: groupsOf(state, consents),
    record: readRow(state, RECORDS, record) ?? null,
  };
}

function readerOf(state: StateReader, id: Hex32, time: number): ReferenceReader {
  const { kind, institution, credential: index } = accountOf(state, id);
  const credential = index === null ? undefined : readRow(state, CREDENTIALS, institution, index);
  const standing = readRow(state, EMERGENCY_STANDINGS, id);
  return {
    ...{ id, kind, institution },
    role: credential?.role ?? null,
    standing: kind === 'institution' || credential?.withdrawnHeight === null,
    privilege: credential?.emergency === true,
    suspended: standing !== undefined && (standing.suspended || standing.open.some(({ due }) => due <= time)),
  };
}

/** Those that a consent names, with who is in them now. */
function groupsOf(state: StateReader, consents: ReferenceCase['consents']): readonly ReferenceGroup[] {
  const actors = consents.flatMap(({ rule, exceptions }) =>
    [rule, ...exceptions].flatMap((each) => each.actors),
  );
  return actors.flatMap((actor) => {
    if (actor.type !== 'group') return [];
    const { institution, index } = actor;
    const group = readRow(state, GROUPS, institution, index);
    return group === undefined ? [] : [{ institution, index, members: group.members }];
  });
}

/** A whole gapless list. */
function rowsOf<T>(rowAt: (index: number) => T | undefined): readonly T[] {
  const rows: T[] = [];
  for (let row = rowAt(0); row !== undefined; row = rowAt(rows.length)) rows.push(row);
  return rows;
}

export function accountOf(state: StateReader, id: Hex32): Account {
  const account = readRow(state, ACCOUNTS, id);
  if (account === undefined) throw new Error('no such account');
  return account;
}
