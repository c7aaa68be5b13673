// Owns: committing one root over many entries of an institution's own systems: a gapless list in which each root follows
// on the one before. Rule A5 is that of docs/protocol.md. Does not own: the entries and their proofs (audit-entries.ts).
import type { Hex32 } from '../bytes.ts';
import { hex32, integer, struct } from '../codec.ts';
import { ConsiliumError } from '../errors.ts';
import { ZERO_HASH } from '../hash.ts';
import { AGGREGATE_ENTRIES_MAX } from '../limits.ts';
import { NO_SALT, takeIndex } from './accounts.ts';
import type { ActionDefinition } from './context.ts';
import type { StateReader } from './state.ts';
import { mustReadRow, writeRow } from './table.ts';
import { AGGREGATES, listCount } from './tables.ts';

export interface AuditCommitBody {
  readonly root: Hex32;
  readonly count: number;
  readonly mapRoot: Hex32;
  /** Which map this one grew from: two writers of one institution cannot both be next. */
  readonly previous: Hex32;
}

/** A5. Gives the index of the batch in the sending institution's list. */
export const auditCommit: ActionDefinition<AuditCommitBody> = {
  version: 1,
  senders: ['institution'],
  shape: struct<AuditCommitBody>({
    root: hex32,
    count: integer(1, AGGREGATE_ENTRIES_MAX),
    mapRoot: hex32,
    previous: hex32,
  }),
  // Entries were added: the map cannot be the same, and is not empty.
  isWellFormed: ({ mapRoot, previous }) => mapRoot !== previous && mapRoot !== ZERO_HASH,
  check: ({ state, sender }, { previous }) => {
    if (previous !== lastMapRoot(state, sender)) throw new ConsiliumError('AGGREGATE_NOT_NEXT');
  },
  apply: ({ state, sender, height, time }, { root, count, mapRoot, previous }) => {
    const index = takeIndex(state, 'aggregates', sender, NO_SALT);
    writeRow(state, AGGREGATES, [sender, index], { root, count, mapRoot, previous, height, time });
    return { id: null, index };
  },
};

function lastMapRoot(state: StateReader, institution: Hex32): Hex32 {
  const count = listCount(state, 'aggregates', institution);
  return count === 0 ? ZERO_HASH : mustReadRow(state, AGGREGATES, institution, count - 1).mapRoot;
}
