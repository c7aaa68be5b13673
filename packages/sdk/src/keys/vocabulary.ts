// Owns: telling tags in words again, for who holds the secret: by trying the words that are in common use. Does not
// own: the code systems themselves (the fhir package); a word that is not there keeps its tag.
import { CATEGORIES, LABELS } from '@consilium/fhir/describe';
import type { TagKey } from '../actions.ts';
import { categoryTag, labelTag } from './tags.ts';

/** The words under which records are filed. */
export const COMMON_CATEGORIES: readonly string[] = CATEGORIES;

/** HL7 v3 ActCode, information sensitivity policy. */
export const COMMON_LABELS: readonly string[] = LABELS;

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
