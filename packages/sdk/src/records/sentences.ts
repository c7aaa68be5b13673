// Owns: a consent as one plain English sentence. Does not own: what it decides (core's ledger), the words of codes.
import type { ConsentTerms, DataPeriod, Hex32 } from '@consilium/core';
import type { TagKey } from '../actions.ts';
import { explainTags } from '../keys/vocabulary.ts';
import { unrelatedLabels } from './labels.ts';
import { listed, monthWords, PURPOSE_WORDS, timeWords } from './words.ts';

/** What an account is called; undefined when it is not known. */
export type NameOf = (account: Hex32) => string | undefined;

/**
 * "Inselspital may see laboratory records, none that are specially protected, for treatment, from 1 May 2026 until 31 May
 * 2027." Without the patient's tag key, tags stay as they are.
 */
export function consentSentence(
  terms: ConsentTerms,
  tagKey: TagKey | null,
  names: NameOf = () => undefined,
): string {
  const { grantee, purposes, period, dataPeriod } = terms;
  const who = names(grantee) ?? `account ${grantee.slice(0, 8)}…`;
  const parts = [
    `${who} may see ${recordsIn(terms, tagKey)}`,
    ...labelsIn(terms, tagKey),
    ...monthsIn(dataPeriod),
    `for ${listed(
      purposes.map((purpose) => PURPOSE_WORDS[purpose]),
      'or',
    )}`,
    `from ${timeWords(period.from)} until ${timeWords(period.until)}`,
  ];
  return `${parts.join(', ')}.`;
}

function recordsIn({ categories, tagGeneration }: ConsentTerms, tagKey: TagKey | null): string {
  if (categories.length === 0) return 'records of every category';
  return `records of the ${categories.length === 1 ? 'category' : 'categories'} ${listed(wordsOf(categories, tagGeneration, tagKey))}`;
}

/** Excluding all that the permitted labels say nothing of is told as one thing. */
function labelsIn(
  { permittedLabels, excludedLabels, tagGeneration }: ConsentTerms,
  tagKey: TagKey | null,
): readonly string[] {
  const permitted = wordsOf(permittedLabels, tagGeneration, tagKey);
  const excluded = wordsOf(excludedLabels, tagGeneration, tagKey);
  const others = unrelatedLabels(permitted);
  const allOthers = others.length > 0 && others.every((label) => excluded.includes(label));
  const named = allOthers ? excluded.filter((label) => !others.includes(label)) : excluded;
  return [
    permitted.length === 0
      ? 'none that are specially protected'
      : `also protected ones labelled ${listed(permitted, 'or')}`,
    ...(allOthers ? ['none with another sensitivity label'] : []),
    ...(named.length === 0 ? [] : [`none labelled ${listed(named, 'or')}`]),
  ];
}

function monthsIn(dataPeriod: DataPeriod | null): readonly string[] {
  if (dataPeriod === null) return [];
  const { from, until } = dataPeriod;
  if (from === until) return [`of ${monthWords(from)}`];
  return [`of ${monthWords(from)} to ${monthWords(until)}`];
}

/** Words where the key is of the tags' generation. */
export function wordsOf(
  tags: readonly string[],
  generation: number,
  tagKey: TagKey | null,
): readonly string[] {
  if (tagKey === null || tagKey.tagGeneration !== generation) return tags;
  return explainTags(tagKey, tags);
}
