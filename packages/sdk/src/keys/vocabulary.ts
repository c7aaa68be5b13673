// Owns: telling tags in words again, for who holds the secret: by trying the words that are in common use. Does not
// own: the code systems themselves; a word that is not here keeps its tag.
import type { TagKey } from '../actions.ts';
import { categoryTag, labelTag } from './tags.ts';

/** FHIR R4 observation-category, and the kinds of documents that hospitals exchange. */
export const COMMON_CATEGORIES: readonly string[] = [
  'activity',
  'allergies',
  'exam',
  'imaging',
  'laboratory',
  'medication',
  'problems',
  'procedure',
  'social-history',
  'survey',
  'therapy',
  'vital-signs',
];

/** HL7 v3 ActCode, information sensitivity policy. */
export const COMMON_LABELS: readonly string[] = [
  'BH',
  'COGN',
  'DVD',
  'EMOTDIS',
  'ETH',
  'ETHUD',
  'GDIS',
  'HIV',
  'MH',
  'OPIOIDUD',
  'PREGNANT',
  'PSY',
  'PSYTHPN',
  'SCA',
  'SDV',
  'SEX',
  'SPI',
  'STD',
  'SUD',
  'TBOO',
  'VIO',
];

/** Each tag as its word, or as it is when no common word gives it. */
export function explainTags(
  { tagSecret, tagGeneration }: TagKey,
  tags: readonly string[],
): readonly string[] {
  const words = new Map([
    ...COMMON_CATEGORIES.map((word) => [categoryTag(tagSecret, tagGeneration, word), word] as const),
    ...COMMON_LABELS.map((word) => [labelTag(tagSecret, tagGeneration, word), word] as const),
  ]);
  return tags.map((tag) => words.get(tag) ?? tag);
}
