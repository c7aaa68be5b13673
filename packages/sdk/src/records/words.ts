// Owns: the codes of the ledger in plain English words. Does not own: the codes (core), tags (keys/vocabulary.ts).
import {
  type AccessRule,
  type ImplicitPolicy,
  LEGAL_REASONS,
  type NearCondition,
  type Purpose,
} from '@consilium/core';

export const PURPOSE_WORDS: Readonly<Record<Purpose, string>> = {
  BTG: 'breaking the glass in an emergency',
  CAREMGT: 'care management',
  ETREAT: 'emergency treatment',
  FAMRQT: 'a request of the family',
  HLEGAL: 'legal matters',
  HOPERAT: 'the running of the institution',
  HPAYMT: 'payment',
  HRESCH: 'research',
  PATRQT: 'a request of the patient',
  PUBHLTH: 'public health',
  TREAT: 'treatment',
};

/** Why, as the end of a sentence that begins with who may or may not open. */
export const RULE_WORDS: Readonly<Record<AccessRule, string>> = {
  author: 'because the institution wrote it',
  consent: 'by a consent of the patient',
  'credential-ended': 'because the credential of who asks has ended',
  delegate: 'on behalf of the patient',
  emergency: 'in an emergency',
  'emergency-dataset': 'because it does not belong to the emergency dataset and no second clinician signed',
  'emergency-privilege': 'because who asks may not break the glass',
  'emergency-suspended': 'because the emergency privilege of who asks is suspended',
  excluded: 'because a consent of the patient excludes it',
  'law-closed-to-patient': cited(
    'law-closed-to-patient',
    'the law closes psychotherapy notes to the patient',
  ),
  'law-psychotherapy-notes': cited(
    'law-psychotherapy-notes',
    'the law asks for a separate authorization of psychotherapy notes',
  ),
  'law-psychotherapy-payment': cited('law-psychotherapy-payment', 'psychotherapy notes are not for payment'),
  'law-self-paid': cited('law-self-paid', 'the patient paid for it and it is withheld from payers'),
  'no-consent': 'because no consent of the patient permits it',
  own: 'because it is about who asks',
  policy: 'by the policy that the hospitals agreed on',
  'record-erased': 'because it is erased',
  'record-retracted': 'because it was retracted as entered in error',
  'record-unknown': 'because this patient has no such record',
};

/** After "consent 3 would, but". */
export const NEAR_WORDS: Readonly<Record<NearCondition, string>> = {
  actors: 'it names others',
  authors: 'it is of records that others wrote',
  categories: 'it is of other categories',
  dataPeriod: 'it is of data of certain months',
  period: 'it has not begun',
  project: 'it is of another project, or this access of one that it does not name',
  protection: 'it does not reach records that are protected so',
  purposes: 'it is for other purposes',
  records: 'it is of other records',
  tagGeneration: 'its words are keyed otherwise than those of the record',
};

function cited(rule: AccessRule, why: string): string {
  return `because ${why} (${LEGAL_REASONS[rule]?.citation})`;
}

/** What is open where no consent speaks. */
export const POLICY_WORDS: Readonly<Record<ImplicitPolicy, string>> = {
  'Policy-all-normal':
    'up to the normal level everything is open to whoever treats, pays or runs an institution',
  'Policy-basic-normal':
    'up to the normal level everything is open to doctors, nurses and pharmacists who treat',
  'Policy-break-glass-only': 'nothing is open but the emergency dataset in an emergency',
  'Policy-deny': 'nothing is open, in an emergency neither',
};

/** `a`, `a and b`, `a, b and c`. */
export function listed(words: readonly string[], last = 'and'): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;
}

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

/** A month of data (`year * 12 + month - 1`). */
export function monthWords(month: number): string {
  return `${MONTHS[month % 12]} ${Math.floor(month / 12)}`;
}

/** `2027-03`, of a month of data. */
export function monthStamp(month: number): string {
  return `${String(Math.floor(month / 12)).padStart(4, '0')}-${String((month % 12) + 1).padStart(2, '0')}`;
}

/** `31 May 2027`, or with the time when it is not midnight. UTC. */
export function timeWords(timeMs: number): string {
  const date = new Date(timeMs);
  const day = `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
  const time = date.toISOString().slice(11, 16);
  return timeMs % 86_400_000 === 0 ? day : `${day}, ${time} UTC`;
}
