// Owns: a consent as one plain English sentence. Does not own: what it decides (core's ledger), the words of codes.
import type { ActorRef, ConsentRule, ConsentTerms, DataPeriod, Hex32 } from '@consilium/core';
import type { TagKey } from '../actions.ts';
import { explainTags } from '../keys/vocabulary.ts';
import { unrelatedLabels } from './labels.ts';
import { listed, monthWords, PURPOSE_WORDS, timeWords } from './words.ts';

/** What an account is called; undefined when it is not known. */
export type NameOf = (account: Hex32) => string | undefined;

/** How the sentence calls things. */
interface Telling {
  readonly words: (tags: readonly string[]) => readonly string[];
  readonly names: NameOf;
}

/**
 * "Inselspital may see laboratory records, none that are specially protected, for treatment, from 1 May 2026 until 31 May
 * 2027." Without the patient's tag key, tags stay as they are.
 */
export function consentSentence(
  terms: ConsentTerms,
  tagKey: TagKey | null,
  names: NameOf = () => undefined,
): string {
  const { decision, rule, exceptions, period, agreement, separateAuthorization, tagGeneration } = terms;
  const telling: Telling = { words: (tags) => wordsOf(tags, tagGeneration, tagKey), names };
  const may = decision === 'permit' ? 'may see' : 'may not see';
  const parts = [
    `${actorsIn(rule, names)} ${may} ${recordsIn(rule, telling)}`,
    ...(separateAuthorization ? ['psychotherapy notes only, as a separate authorization'] : []),
    ...protectionIn(terms, telling),
    ...conditionsIn(rule, telling),
    ...exceptions.filter((each) => !isLabelsOnly(each)).map((each) => exceptionIn(terms, each, telling)),
    ...(agreement === null ? [] : [`under the data-use agreement ${agreement.project}`]),
    `from ${timeWords(period.from)} until ${timeWords(period.until)}`,
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

function actorsIn({ actors }: ConsentRule, names: NameOf): string {
  if (actors.length === 0) return 'Everybody who is admitted';
  return listed(
    actors.map((actor) => actorIn(actor, names)),
    'or',
  );
}

function actorIn(actor: ActorRef, names: NameOf): string {
  if (actor.type === 'role') return `any ${actor.role}`;
  if (actor.type === 'account') return nameIn(actor.id, names);
  return `group ${actor.index} of ${nameIn(actor.institution, names)}`;
}

function nameIn(account: Hex32, names: NameOf): string {
  return names(account) ?? `account ${account.slice(0, 8)}…`;
}

function recordsIn({ categories, records }: ConsentRule, { words }: Telling): string {
  const which = records.length === 0 ? 'records' : `${records.length} named records`;
  if (categories.length === 0) return records.length === 0 ? 'records of every category' : which;
  return `${which} of the ${categories.length === 1 ? 'category' : 'categories'} ${listed(words(categories))}`;
}

/** An exception that says nothing but labels reads as part of what is protected. */
function isLabelsOnly(exception: ConsentTerms['exceptions'][number]): boolean {
  const { labels, categories, actors, purposes, confidentiality, dataPeriod, records, authors, period } =
    exception;
  const others = [categories, actors, purposes, records, authors].every((values) => values.length === 0);
  return labels.length > 0 && others && confidentiality === null && dataPeriod === null && period === null;
}

/** Excluding all that the permitted labels say nothing of is told as one thing. */
function protectionIn({ decision, rule, exceptions }: ConsentTerms, { words }: Telling): readonly string[] {
  const named = words(rule.labels);
  const turned = words(exceptions.filter(isLabelsOnly).flatMap(({ labels }) => labels));
  if (decision === 'deny')
    return [...levelIn(rule), ...labelled('those', named), ...labelled('but those', turned)];
  const others = unrelatedLabels(named);
  const allOthers = others.length > 0 && others.every((label) => turned.includes(label));
  const excluded = allOthers ? turned.filter((label) => !others.includes(label)) : turned;
  return [
    ...(named.length === 0 ? levelIn(rule) : [`also protected ones labelled ${listed(named, 'or')}`]),
    ...(allOthers ? ['none with another sensitivity label'] : []),
    ...labelled('none', excluded),
  ];
}

function labelled(which: string, labels: readonly string[]): readonly string[] {
  return labels.length === 0 ? [] : [`${which} labelled ${listed(labels, 'or')}`];
}

function levelIn({ confidentiality }: ConsentRule): readonly string[] {
  if (confidentiality === null) return [];
  return confidentiality === 'N' ? ['none that are specially protected'] : [`of level ${confidentiality}`];
}

function conditionsIn({ dataPeriod, authors, purposes }: ConsentRule, { names }: Telling): readonly string[] {
  const by = listed(
    authors.map((author) => nameIn(author, names)),
    'or',
  );
  const purpose = listed(
    purposes.map((each) => PURPOSE_WORDS[each]),
    'or',
  );
  return [
    ...monthsIn(dataPeriod),
    ...(authors.length === 0 ? [] : [`written by ${by}`]),
    ...(purposes.length === 0 ? [] : [`for ${purpose}`]),
  ];
}

function exceptionIn(
  { decision }: ConsentTerms,
  exception: ConsentTerms['exceptions'][number],
  telling: Telling,
): string {
  const { actors, period } = exception;
  const who = actors.length === 0 ? [] : [`${actorsIn(exception, telling.names)}:`];
  const parts = [
    [...who, recordsIn(exception, telling)].join(' '),
    ...labelled('those', telling.words(exception.labels)),
    ...levelIn(exception),
    ...conditionsIn(exception, telling),
    ...(period === null ? [] : [`from ${timeWords(period.from)} until ${timeWords(period.until)}`]),
  ];
  return `${decision === 'permit' ? 'but not' : 'but still'} (${parts.join(', ')})`;
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
