// Owns: an institution's anchored roots: each root once, in a gapless list. Does not own: the tree under a root and the
// proof of one document (documents.ts).
import type { Hex32 } from '../bytes.ts';
import { hex32, integer, struct } from '../codec.ts';
import { ConsiliumError } from '../errors.ts';
import { ANCHOR_DOCUMENTS_MAX } from '../limits.ts';
import { NO_SALT, takeIndex } from './accounts.ts';
import { codeShape } from './codes.ts';
import type { ActionDefinition } from './context.ts';
import { readRow, writeRow } from './table.ts';
import { ANCHOR_ROOTS, ANCHORS } from './tables.ts';

/** `count` documents of the kind `schema` (a code) stand under `root`. */
export interface AnchorCommitBody {
  readonly root: Hex32;
  readonly count: number;
  readonly schema: string;
}

/** Gives the index of the anchor in the sending institution's list. */
export const anchorCommit: ActionDefinition<AnchorCommitBody> = {
  version: 1,
  senders: ['institution'],
  shape: struct<AnchorCommitBody>({
    root: hex32,
    count: integer(1, ANCHOR_DOCUMENTS_MAX),
    schema: codeShape,
  }),
  apply: ({ state, sender, height, time }, { root, count, schema }) => {
    if (readRow(state, ANCHOR_ROOTS, sender, root) !== undefined) throw new ConsiliumError('ANCHOR_EXISTS');
    const index = takeIndex(state, 'anchors', sender, NO_SALT);
    writeRow(state, ANCHORS, [sender, index], { root, count, schema, height, time });
    writeRow(state, ANCHOR_ROOTS, [sender, root], index);
    return { id: null, index };
  },
};
