// Owns: what one provision of a consent speaks of, as the parts of a sentence: whom, which records, how protected, under
// which conditions. Does not own: the sentence (sentences.ts), the words of codes (words.ts).
import type {
  ActorRef,
  Confidentiality,
  ConsentRule,
  ConsentTerms,
  DataPeriod,
  Hex32,
} from '@consilium/core';
import { listed, monthWords, PURPOSE_WORDS } from './words.ts';

/** What an account is called; undefined when it is not known. */
export type NameOf = (account: Hex32) => string | undefined;

/** How the sentence calls things. */
export interface Telling {
  readonly words: (tags: readonly string[]) => readonly string[];
  readonly names: NameOf;
}

export function actorsIn({ actors }: Pick<ConsentRule, 'actors'>, names: NameOf): string {
  return listed(
    actors.map((actor) => actorIn(actor, names)),
    'or',
  );
}

function actorIn(actor: ActorRef, names: NameOf): string {
  if (actor.type === 'role') return `any ${actor.role.replaceAll('-', ' ')}`;
  if (actor.type === 'account') return nameIn(actor.id, names);
  return `group ${actor.index} of ${nameIn(actor.institution, names)}`;
}

function nameIn(account: Hex32, names: NameOf): string {
  return names(account) ?? `account ${account.slice(0, 8)}…`;
}

export function recordsIn(
  { decision, separateAuthorization }: Pick<ConsentTerms, 'decision' | 'separateAuthorization'>,
  rule: ConsentRule,
  { words }: Telling,
): string {
  const { categories, records, confidentiality, labels } = rule;
  if (separateAuthorization) return 'psychotherapy notes, by a separate authorization of these alone';
  const named = records.length === 1 ? 'one named record' : `${records.length} named records`;
  const which = records.length === 0 ? 'records' : named;
  if (categories.length > 0)
    return `${which} of the ${categories.length === 1 ? 'category' : 'categories'} ${listed(words(categories))}`;
  if (records.length > 0) return which;
  if (decision === 'permit') return 'records of every category';
  return confidentiality === null && labels.length === 0 ? 'any record' : 'records';
}

const LEVEL_WORDS: Readonly<Record<Confidentiality, string>> = {
  U: 'unrestricted',
  L: 'low',
  M: 'moderate',
  N: 'normal',
  R: 'restricted',
  V: 'very restricted',
};

/** Level and labels are one condition: either will do. */
export function protectionIn(
  { decision, separateAuthorization }: Pick<ConsentTerms, 'decision' | 'separateAuthorization'>,
  { confidentiality, labels }: ConsentRule,
  { words }: Telling,
): readonly string[] {
  const named = words(labels);
  if (confidentiality === null) {
    // That an authorization is of notes its noun has said.
    const said = separateAuthorization && named.length === 1 && named[0] === 'PSYTHPN';
    return said ? [] : labelled(decision === 'permit' ? 'only those' : 'those', named);
  }
  const level = LEVEL_WORDS[confidentiality];
  if (decision === 'deny')
    return [[`those of ${level} confidentiality or higher`, ...labelled('or', named)].join(' ')];
  const plain =
    confidentiality === 'N' ? 'none that are specially protected' : `up to ${level} confidentiality`;
  if (named.length === 0) return [plain];
  return [...(confidentiality === 'N' ? [] : [plain]), ...labelled('also protected ones', named)];
}

export function labelled(which: string, labels: readonly string[]): readonly string[] {
  return labels.length === 0 ? [] : [`${which} labelled ${listed(labels, 'or')}`];
}

export function conditionsIn(
  { dataPeriod, authors, purposes }: ConsentRule,
  { names }: Telling,
): readonly string[] {
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

function monthsIn(dataPeriod: DataPeriod | null): readonly string[] {
  if (dataPeriod === null) return [];
  const { from, until } = dataPeriod;
  if (from === until) return [`of ${monthWords(from)}`];
  return [`of ${monthWords(from)} to ${monthWords(until)}`];
}
