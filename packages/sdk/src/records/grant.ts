// Owns: what a patient hands a grantee off the chain: the tags of exactly what a consent permits, each with its word, so
// that the grantee can ask for records by kind. Does not own: the consent itself (actions.ts). A secret of both.
import { ConsiliumError, type Hex32, isHexOf } from '@consilium/core';
import type { PlainRule } from '@consilium/fhir/consent';
import type { ConsentInWords } from '../consents/words.ts';
import { parseObject } from '../keys/key-file.ts';
import { categoryTag, labelTag } from '../keys/tags.ts';
import { COMMON_CATEGORIES } from '../keys/vocabulary.ts';
import type { Enrolment } from '../keys/wallet.ts';

export const GRANT_KIND = 'consilium-grant';

export interface Grant {
  readonly kind: typeof GRANT_KIND;
  readonly version: 1;
  /** Hash of the genesis: the network. */
  readonly genesis: Hex32;
  /** Where the patient is enrolled. */
  readonly institution: Hex32;
  /** The patient's pseudonym there. */
  readonly patient: Hex32;
  readonly tagGeneration: number;
  readonly tags: readonly TagWord[];
}

export interface TagWord {
  /** 16 bytes as hex. */
  readonly tag: string;
  /** A category of records or a sensitivity label. */
  readonly word: string;
}

/** Whose grant it is, and what makes its tags. */
export type GrantOwner = Omit<Enrolment, 'rotation'>;

/** A consent to every category hands over the tags of all known ones. What is excluded stays untold. */
export function grantOf(
  { categories, permittedLabels }: Pick<ConsentInWords, 'categories' | 'permittedLabels'>,
  owner: GrantOwner,
): Grant {
  return grantOfPlain({ categories, labels: permittedLabels }, owner);
}

/** The same for the root rule of a consent in words. */
export function grantOfPlain(
  { categories, labels }: Pick<PlainRule, 'categories' | 'labels'>,
  { genesis, institution, account, tagSecret, tagGeneration }: GrantOwner,
): Grant {
  const named = categories.length === 0 ? COMMON_CATEGORIES : categories;
  const tags = [
    ...named.map((word) => ({ tag: categoryTag(tagSecret, tagGeneration, word), word })),
    ...labels.map((word) => ({ tag: labelTag(tagSecret, tagGeneration, word), word })),
  ];
  return { kind: GRANT_KIND, version: 1, genesis, institution, patient: account, tagGeneration, tags };
}

export function formatGrant(grant: Grant): string {
  return `${JSON.stringify(grant, null, 2)}\n`;
}

/** Throws `FILE_INVALID`; never says what stands in the file. */
export function parseGrant(text: string): Grant {
  const { version, genesis, institution, patient, tagGeneration, tags } = parseObject(text, GRANT_KIND);
  const whole =
    version === 1 &&
    isHexOf(genesis, 32) &&
    isHexOf(institution, 32) &&
    isHexOf(patient, 32) &&
    isGeneration(tagGeneration) &&
    Array.isArray(tags) &&
    tags.every(isTagWord);
  if (!whole) throw new ConsiliumError('FILE_INVALID', { kind: GRANT_KIND, rule: 'form' });
  return { kind: GRANT_KIND, version: 1, genesis, institution, patient, tagGeneration, tags };
}

function isTagWord(raw: unknown): raw is TagWord {
  if (typeof raw !== 'object' || raw === null) return false;
  const { tag, word } = raw as Record<string, unknown>;
  return isHexOf(tag, 16) && typeof word === 'string';
}

export function isGeneration(raw: unknown): raw is number {
  return Number.isSafeInteger(raw) && (raw as number) >= 1;
}
