// Owns: a consent as one plain English sentence. Does not own: what one provision speaks of (provision-words.ts), what it
// decides (core's ledger), the words of codes (words.ts).
import type { ConsentException, ConsentPeriod, ConsentTerms, Hex32 } from '@consilium/core';
import type { TagKey } from '../actions.ts';
import { explainTags } from '../keys/vocabulary.ts';
import { unrelatedLabels } from './labels.ts';
import {
  actorsIn,
  conditionsIn,
  labelled,
  type NameOf,
  protectionIn,
  recordsIn,
  type Telling,
} from './provision-words.ts';
import { timeWords } from './words.ts';

export type { NameOf } from './provision-words.ts';

/**
 * "Inselspital may see laboratory records, none that are specially protected, for treatment, from 1 May 2026 until 31 May
 * 2027." Without the patient's tag key, tags stay as they are.
 */
export function consentSentence(
  terms: ConsentTerms,
  tagKey: TagKey | null,
  names: NameOf = () => undefined,
): string {
  const { rule, exceptions, period, agreement, tagGeneration } = terms;
  const telling: Telling = { words: (tags) => wordsOf(tags, tagGeneration, tagKey).toSorted(), names };
  const parts = [
    `${capital(whoIn(terms, telling))} ${recordsIn(terms, rule, telling)}`,
    ...protectionIn(terms, rule, telling),
    ...turnedLabels(terms, telling),
    ...conditionsIn(rule, telling),
    ...(agreement === null ? [] : [agreementWords(agreement)]),
    ...periodIn(period),
    ...exceptions.filter((each) => !isLabelsOnly(each)).map((each) => exceptionIn(terms, each, telling)),
  ];
  return `${parts.join(', ')}.`;
}

/** Every account that the sentence may have to name. */
export function accountsIn({ rule, exceptions }: ConsentTerms): readonly Hex32[] {
  return [rule, ...exceptions].flatMap(({ actors, authors }) => [
    ...actors.flatMap((actor) => {
      if (actor.type === 'role') return [];
      return [actor.type === 'account' ? actor.id : actor.institution];
    }),
    ...authors,
  ]);
}

function whoIn({ decision, rule }: ConsentTerms, telling: Telling): string {
  if (rule.actors.length > 0)
    return `${actorsIn(rule, telling.names)} ${decision === 'permit' ? 'may see' : 'may not see'}`;
  return decision === 'permit' ? 'everybody may see' : 'nobody may see';
}

/** Of words of ours only: a name keeps its own first letter. */
function capital(text: string): string {
  return /^(?:any|everybody|group|nobody) /.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}

/** An exception that says nothing but labels reads as part of what is protected. */
function isLabelsOnly(exception: ConsentException): boolean {
  const { labels, categories, actors, purposes, confidentiality, dataPeriod, records, authors, period } =
    exception;
  const others = [categories, actors, purposes, records, authors].every((values) => values.length === 0);
  return labels.length > 0 && others && confidentiality === null && dataPeriod === null && period === null;
}

/** Excluding all that the permitted labels say nothing of is told as one thing. */
function turnedLabels({ decision, rule, exceptions }: ConsentTerms, { words }: Telling): readonly string[] {
  const turned = words(exceptions.filter(isLabelsOnly).flatMap(({ labels }) => labels));
  if (decision === 'deny') return labelled('but still those', turned);
  const others = unrelatedLabels(words(rule.labels));
  const allOthers = others.length > 0 && others.every((label) => turned.includes(label));
  const excluded = allOthers ? turned.filter((label) => !others.includes(label)) : turned;
  return [...(allOthers ? ['none with another sensitivity label'] : []), ...labelled('none', excluded)];
}

/** Who it is of is said again only where it is somebody else. */
function exceptionIn(terms: ConsentTerms, exception: ConsentException, telling: Telling): string {
  const reversed = {
    decision: terms.decision === 'permit' ? 'deny' : 'permit',
    separateAuthorization: false,
  } as const;
  const parts = [
    `${subjectOf(terms, exception, telling)} ${recordsIn(reversed, exception, telling)}`,
    ...protectionIn(reversed, exception, telling),
    ...conditionsIn(exception, telling),
    ...(exception.period === null ? [] : periodIn(exception.period)),
  ];
  return `but ${parts.join(', ')}`;
}

function subjectOf(
  { decision, rule }: ConsentTerms,
  exception: ConsentException,
  { names }: Telling,
): string {
  const verb = decision === 'permit' ? 'may not see' : 'may see';
  if (exception.actors.length > 0) return `${actorsIn(exception, names)} ${verb}`;
  if (rule.actors.length > 0) return verb;
  return decision === 'permit' ? 'nobody may see' : 'everybody may see';
}

function agreementWords({ project, terms }: NonNullable<ConsentTerms['agreement']>): string {
  const count = terms.length === 1 ? 'one accepted term' : `${terms.length} accepted terms`;
  return `under the data-use agreement ${project} with ${count}`;
}

/** From the year 9999 on nobody means an end. */
const FOREVER_MS = Date.UTC(9999, 0, 1);

function periodIn({ from, until }: ConsentPeriod): readonly string[] {
  const end = until >= FOREVER_MS ? [] : [`until ${timeWords(until)}`];
  const start = from === 0 ? [] : [`from ${timeWords(from)}${end.length === 0 ? ' on' : ''}`];
  const both = [...start, ...end].join(' ');
  return [both === '' ? 'for ever' : both];
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
