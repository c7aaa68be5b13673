// Owns: the second look at an access, at the moment a share is released (docs/protocol.md, R10). Does not own: the entry
// (access.ts), releasing shares (the daemon).
import type { Hex32 } from '../bytes.ts';
import { ConsiliumError } from '../errors.ts';
import { questionOf } from './access.ts';
import type { AccessRow } from './access-rows.ts';
import { createDecider } from './decision.ts';
import type { StateReader } from './state.ts';
import { readRow } from './table.ts';
import { ACCESSES } from './tables.ts';

/** What a custodian is asked for: shares of these places of an access, for the account that opened it. */
export interface ReleaseQuestion {
  readonly patient: Hex32;
  /** Index of the access in the patient's list. */
  readonly access: number;
  readonly reader: Hex32;
}

/**
 * R10. The access, when its reader may be given shares at `time` (the later of the last block's and the custodian's
 * clock). Throws `ACCESS_NOT_FOUND` when this state holds none, `ACCESS_OTHER_READER`, `ACCESS_EXPIRED`.
 */
export function requireAccess(
  reader: StateReader,
  { patient, access, reader: asking }: ReleaseQuestion,
  time: number,
): AccessRow {
  const row = readRow(reader, ACCESSES, patient, access);
  if (row === undefined) throw new ConsiliumError('ACCESS_NOT_FOUND');
  if (row.reader !== asking) throw new ConsiliumError('ACCESS_OTHER_READER');
  if (time >= row.expires) throw new ConsiliumError('ACCESS_EXPIRED');
  return row;
}

/**
 * R10. The record at this place of an access, when its share may leave now. Throws `RECORD_NOT_FOUND` for no such
 * place, `ACCESS_DENIED` when the ledger denied it, `ACCESS_REVOKED` when it would deny it by now: each with the rule.
 */
export function requireReleasable(
  reader: StateReader,
  { patient }: ReleaseQuestion,
  row: AccessRow,
  place: number,
  time: number,
): Hex32 {
  const item = row.items[place];
  if (item === undefined) throw new ConsiliumError('RECORD_NOT_FOUND', { place });
  if (item.decision === 'deny') throw new ConsiliumError('ACCESS_DENIED', { rule: item.rule });
  const now = createDecider(reader, questionOf(reader, patient, row), time)(item.record);
  if (now.decision === 'deny') throw new ConsiliumError('ACCESS_REVOKED', { rule: now.rule });
  return item.record;
}
