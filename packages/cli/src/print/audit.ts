// Owns: how entries of an institution's own systems look to a person. Does not own: whether they are true (the SDK).
import type { CommittedBatch, VerifiedEntries, VerifiedEntry } from '@consilium/sdk';
import { plural, table, time } from './text.ts';

const ACTION_WORDS: Readonly<Record<VerifiedEntry['action'], string>> = {
  C: 'created',
  D: 'deleted',
  E: 'executed',
  R: 'read',
  U: 'updated',
};

export function entryRows(entries: readonly VerifiedEntry[]): string[] {
  return table([
    ['NR', 'TIME', 'WHO', 'WHAT', 'PURPOSE', 'COMMITTED', 'LINE'],
    ...entries.map((entry) => [
      String(entry.index),
      time(entry.time),
      entry.actor.type === 'account' ? `account ${entry.actor.id.slice(0, 8)}…` : `code ${entry.actor.code}`,
      ACTION_WORDS[entry.action],
      entry.purpose,
      `${time(entry.committedTime)} (height ${entry.committedHeight})`,
      String(entry.line),
    ]),
  ]);
}

export function claimLine({ claim, entries, institutionName, asOf }: VerifiedEntries): string {
  const when = `height ${asOf.height}, ${time(asOf.time)}`;
  if (claim === 'one') return `one entry of ${institutionName}, committed; proven as of ${when}`;
  const count = `${entries.length} ${entries.length === 1 ? 'entry' : 'entries'}`;
  return `${count}: all that ${institutionName} committed of this pseudonym as of ${when}`;
}

export function batchLine({ index, count, root, height }: CommittedBatch): string {
  return `batch ${index}: ${plural(count, 'entry', 'entries')} under root ${root.slice(0, 16)}… at height ${height}`;
}
