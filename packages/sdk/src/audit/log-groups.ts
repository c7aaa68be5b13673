// Owns: which entries of an access log are shown as one line: the requests of one institution's systems that follow one
// another, for the same purpose and the same person, within an hour. Does not own: the entries, which stay as they are.
import { MACHINE_GROUP_MS } from '../limits.ts';
import { timeWords } from '../records/words.ts';
import { type AccessLogEntry, deedOf } from './log-entries.ts';

/** What is shown as one line. The first entry stands for who, for what and why. */
export interface AccessLogGroup {
  /** At least one, in their order. */
  readonly entries: readonly AccessLogEntry[];
  /** Requests of a machine, shown together. */
  readonly grouped: boolean;
  readonly sentence: string;
}

/** `entries` in the order in which they are shown. A person's request, an emergency and a look at the log stand alone. */
export function groupEntries(entries: readonly AccessLogEntry[]): readonly AccessLogGroup[] {
  const groups: [AccessLogEntry, ...AccessLogEntry[]][] = [];
  for (const entry of entries) {
    const last = groups.at(-1);
    if (last !== undefined && belongsTo(last[0], entry)) last.push(entry);
    else groups.push([entry]);
  }
  return groups.map(shown);
}

function belongsTo(first: AccessLogEntry, next: AccessLogEntry): boolean {
  const groupable = [first, next].every(
    ({ machine, kind, emergency }) => machine && kind === 'open' && emergency === null,
  );
  return (
    groupable &&
    first.patient === next.patient &&
    first.reader === next.reader &&
    first.onBehalfOf === next.onBehalfOf &&
    first.purpose === next.purpose &&
    first.project === next.project &&
    next.time - first.time <= MACHINE_GROUP_MS
  );
}

function shown(entries: readonly [AccessLogEntry, ...AccessLogEntry[]]): AccessLogGroup {
  const [first] = entries;
  const last = entries.at(-1) ?? first;
  if (entries.length === 1) return { entries, grouped: false, sentence: first.sentence };
  const deed = deedOf({ ...first, items: entries.flatMap(({ items }) => items) }, entries.length);
  return { entries, grouped: true, sentence: `${timeWords(first.time)} to ${timeWords(last.time)}: ${deed}` };
}
