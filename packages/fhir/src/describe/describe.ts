// Owns: the facts about a resource by which the ledger, consents and people tell records apart. Does not own: whether
// it is valid; turning words into tags.
import type { Confidentiality, StatutoryEffect } from '@consilium/core';
import { type Category, categoryOf } from './category.ts';
import { collectCodings } from './codings.ts';
import { dateOf, monthOf } from './date.ts';
import { isEmergency } from './emergency.ts';
import type { Label } from './labels.ts';
import { confidentialityOf, effectsOf, labelsOf } from './sensitivity.ts';
import { titleOf } from './title.ts';

export interface ResourceFacts {
  readonly category: Category;
  /** HL7 v3 ActCode, sorted; without ancestors (ancestorsOf). */
  readonly labels: readonly Label[];
  /** HL7 v3 Confidentiality. */
  readonly confidentiality: Confidentiality;
  /** year * 12 + (month - 1) of `date`; null without a month. */
  readonly month: number | null;
  /** In the emergency dataset by itself. Recent treatment is the caller's to add. */
  readonly emergency: boolean;
  /** What a law prescribes, sorted. */
  readonly effects: readonly StatutoryEffect[];
  /** For people, in the client only. */
  readonly title: string;
  /** The clinically relevant date as the resource writes it. */
  readonly date: string | null;
}

/** Takes any JSON value and never throws over it. */
export function describeResource(resource: unknown): ResourceFacts {
  const codings = collectCodings(resource);
  const labels = labelsOf(codings);
  const date = dateOf(resource);
  return {
    category: categoryOf(resource),
    labels,
    confidentiality: confidentialityOf(codings.security, labels),
    month: monthOf(date),
    emergency: isEmergency(resource),
    effects: effectsOf(codings.security, labels),
    title: titleOf(resource),
    date,
  };
}
