// Owns: one access in plain words. Does not own: whether it is true (verify-log.ts).
import type { AccessItem, Hex32, Purpose } from '@consilium/core';
import { listed, PURPOSE_WORDS, RULE_WORDS, timeWords } from '../records/words.ts';
import type { Lined, LogAccess } from './log-file.ts';

export interface AccessLogEntry {
  /** In the file, from 1. */
  readonly line: number;
  /** The pseudonym. */
  readonly patient: Hex32;
  readonly index: number;
  /** Of the block in which it was entered. Milliseconds since the epoch. */
  readonly time: number;
  readonly height: number;
  /** The account that asked, and its institution. */
  readonly reader: Hex32;
  readonly institution: Hex32;
  readonly institutionName: string;
  readonly purpose: Purpose;
  readonly items: readonly AccessItem[];
  readonly sentence: string;
}

export function entryOf(
  { line, value: { patient, index, access } }: Lined<LogAccess>,
  names: ReadonlyMap<Hex32, string>,
): AccessLogEntry {
  const { time, height, reader, institution, purpose, items } = access;
  const institutionName = names.get(institution) ?? institution;
  const who =
    reader === institution ? institutionName : `account ${reader.slice(0, 8)}… of ${institutionName}`;
  const what = items.length === 1 ? '1 record' : `${items.length} records`;
  const asked = `${timeWords(time)}: ${who} asked to open ${what} for ${PURPOSE_WORDS[purpose]}`;
  return {
    line,
    patient,
    index,
    time,
    height,
    reader,
    institution,
    institutionName,
    purpose,
    items,
    sentence: items.length === 0 ? `${asked}; none fitted.` : `${asked}: ${outcomes(items)}.`,
  };
}

/** `2 permitted by a consent of the patient and 1 denied because no consent of the patient permits it`. */
function outcomes(items: readonly AccessItem[]): string {
  const groups = new Map<string, number>();
  for (const { decision, rule } of items) {
    const outcome = `${decision === 'permit' ? 'permitted' : 'denied'} ${RULE_WORDS[rule]}`;
    groups.set(outcome, (groups.get(outcome) ?? 0) + 1);
  }
  return listed([...groups].map(([outcome, count]) => `${count} ${outcome}`));
}
