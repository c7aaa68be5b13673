// Owns: emergencies in plain words. Does not own: the codes (core).
import type { EmergencyReason } from '@consilium/core';
import { timeWords } from '../records/words.ts';
import type { EmergencyNotice } from './notices.ts';

export const EMERGENCY_REASON_WORDS: Readonly<Record<EmergencyReason, string>> = {
  'acute-poisoning': 'acute poisoning',
  'cardiac-arrest': 'cardiac arrest',
  disaster: 'a disaster',
  'life-threatening': 'danger to life',
  'major-trauma': 'major trauma',
  'other-emergency': 'another emergency',
  'suicide-risk': 'risk of suicide',
  unconscious: 'an unconscious patient',
};

/** What happened, what opened, and how the review stands. */
export function noticeSentence(notice: Omit<EmergencyNotice, 'sentence'>): string {
  const { time, reader, institutionName, reason, opened, denied, second } = notice;
  const who = `account ${reader.slice(0, 8)}… of ${institutionName}`;
  const what = denied === 0 ? `${records(opened)} opened` : `${records(opened)} opened, ${denied} denied`;
  const by = second === null ? '' : `, with the word of clinician ${second.slice(0, 8)}…`;
  const did = opened === 0 ? 'tried to break the glass' : 'broke the glass';
  const head = `${timeWords(time)}: ${who} ${did} for ${EMERGENCY_REASON_WORDS[reason]}${by}: ${what}`;
  return `${head}${reviewWords(notice)}.`;
}

function records(count: number): string {
  return count === 1 ? '1 record' : `${count} records`;
}

function reviewWords({ entry }: Pick<EmergencyNotice, 'entry'>): string {
  if (entry === null) return '';
  if (entry.review !== null) return `; the privacy officer found it ${entry.review.verdict}`;
  return `; its review is due by ${timeWords(entry.due)}`;
}
