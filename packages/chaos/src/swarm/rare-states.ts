// Owns: the rare states that a swarm must have reached before its pass means anything, and what each is.

import { SWARM_HEIGHTS_DEFAULT } from '../limits.ts';

export interface RareState {
  readonly name: string;
  readonly means: string;
}

export const RARE_STATES: readonly RareState[] = [
  { name: 'lock-moved', means: 'a node locked a value, and moved on to another by a later polka' },
  { name: 'valid-value-proposed-again', means: 'a proposer proposed the valid value of an earlier round' },
  {
    name: 'prevote-for-an-old-polka',
    means: 'a node prevoted for a value because of the polka that came with it',
  },
  { name: 'decided-after-round-0', means: 'a height was decided in a later round' },
  { name: 'decided-a-past-round', means: 'a node decided by the precommits of a round that it had left' },
  { name: 'skipped-rounds', means: 'a node jumped over rounds because a third of the power was further' },
  { name: 'hidden-lock', means: 'one node alone was locked when another round decided' },
  { name: 'evidence-committed', means: 'a block carried evidence of misbehaviour' },
  {
    name: 'body-fetched-late',
    means: 'a node asked for the transactions of a value that it had without them',
  },
  { name: 'block-sync', means: 'a node took a block from a peer that had decided it' },
  { name: 'sync-beside-voting', means: 'a node took the block of a height in which it had voted itself' },
  { name: 'restart-inside-a-height', means: 'a node came up in a height in which it had signed' },
  { name: 'restart-inside-a-later-round', means: 'and that in a round after the first' },
  { name: 'torn-tail', means: 'a log ended in the middle of an entry' },
  { name: 'empty-block', means: 'a height that was woken ended without a transaction' },
  { name: 'set-changed', means: 'a height was decided by another set than the one before' },
  { name: 'set-change-across-a-round-change', means: 'and there the round changed as well' },
];

/** So many heights under faults reach all of them: the rarest comes in one seed of thirty, and fewer may miss it by chance. */
export const HEIGHTS_FOR_ALL_STATES: number = 300 * SWARM_HEIGHTS_DEFAULT;

export function unreachedStates(reached: ReadonlyMap<string, number>): readonly string[] {
  return RARE_STATES.map(({ name }) => name).filter((name) => !reached.has(name));
}
