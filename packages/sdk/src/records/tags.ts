// Owns: the tags under which a record stands on the ledger: as many for each, so that their number tells nothing. Does
// not own: which words describe a resource (the fhir package), what a tag is (keys/tags.ts).
import { ConsiliumError, canonicalSet, TAGS_PER_RECORD, toHex } from '@consilium/core';
import type { TagKey } from '../actions.ts';
import { categoryTag, labelTag } from '../keys/tags.ts';
import type { RandomBytes } from '../random.ts';
import { impliedLabels } from './labels.ts';

const TAG_BYTES = 16;

/** What a record is filed under. Labels come without those that they imply. */
export interface RecordWords {
  readonly category: string;
  readonly labels: readonly string[];
}

/**
 * The tags of the category and of all labels with what they imply, filled up with random ones, sorted. Throws
 * `VALUE_INVALID` when they are too many: none may be left out, since a denial of it would miss.
 */
export function recordTags(
  { tagSecret, tagGeneration }: TagKey,
  { category, labels }: RecordWords,
  random: RandomBytes,
): readonly string[] {
  const implied = new Set(labels.flatMap(impliedLabels));
  const tags = new Set([categoryTag(tagSecret, tagGeneration, category)]);
  for (const label of implied) tags.add(labelTag(tagSecret, tagGeneration, label));
  if (tags.size > TAGS_PER_RECORD)
    throw new ConsiliumError('VALUE_INVALID', {
      field: 'labels',
      labels: implied.size,
      max: TAGS_PER_RECORD - 1,
    });
  while (tags.size < TAGS_PER_RECORD) tags.add(toHex(random(TAG_BYTES)));
  return canonicalSet([...tags]);
}
