// Owns: a consent in words as the terms that stand on the ledger, and back: category words and labels become tags under the
// patient's secret, references become ids. Does not own: FHIR's form (the fhir package), which reference means whom (the
// caller, or ledger-references.ts), sending (actions.ts).
import {
  type ActorRef,
  type ConsentRule,
  type ConsentTerms,
  ConsiliumError,
  canonicalSet,
  type Hex32,
} from '@consilium/core';
import type { PlainActor, PlainConsent, PlainRule } from '@consilium/fhir/consent';
import type { TagKey } from '../actions.ts';
import { categoryTag, labelTag } from '../keys/tags.ts';
import { explainTags } from '../keys/vocabulary.ts';

export interface GroupPlace {
  readonly institution: Hex32;
  readonly index: number;
}

/** Whom and what the references of a consent mean; undefined: nobody and nothing that is known here. */
export interface ReferencesIn {
  /** An institution or a clinician. */
  readonly account: (reference: string) => Hex32 | undefined;
  readonly group: (reference: string) => GroupPlace | undefined;
  /** The first version of a record. */
  readonly record: (reference: string) => Hex32 | undefined;
}

/** How accounts, groups and records are written in FHIR. */
export interface ReferencesOut {
  readonly account: (id: Hex32) => string;
  readonly group: (place: GroupPlace) => string;
  readonly record: (first: Hex32) => string;
}

/** Throws `CONSENT_REFERENCE_UNKNOWN` with the place of the reference, never with its text. */
export function termsOfPlain(consent: PlainConsent, references: ReferencesIn, tagKey: TagKey): ConsentTerms {
  const { decision, period, rule, exceptions, separateAuthorization, agreement } = consent;
  return {
    decision,
    period,
    rule: ruleOf(rule, { references, tagKey, provision: 0 }),
    exceptions: exceptions.map(({ period: during, ...inner }, at) => ({
      ...ruleOf(inner, { references, tagKey, provision: at + 1 }),
      period: during,
    })),
    separateAuthorization,
    agreement: agreement && { project: agreement.project, terms: canonicalSet(agreement.terms) },
    tagGeneration: tagKey.tagGeneration,
  };
}

interface Turning {
  readonly references: ReferencesIn;
  readonly tagKey: TagKey;
  /** 0 the root, from 1 an exception. */
  readonly provision: number;
}

function ruleOf(rule: PlainRule, turning: Turning): ConsentRule {
  const { references, tagKey } = turning;
  const { tagSecret, tagGeneration } = tagKey;
  const ids = (
    element: 'records' | 'authors',
    find: (reference: string) => Hex32 | undefined,
  ): readonly Hex32[] =>
    canonicalSet(rule[element].map((text, at) => find(text) ?? unknown(turning, element, at)));
  return {
    actors: rule.actors.map((actor, at) => actorOf(actor, references) ?? unknown(turning, 'actors', at)),
    purposes: canonicalSet(rule.purposes),
    categories: canonicalSet(rule.categories.map((word) => categoryTag(tagSecret, tagGeneration, word))),
    confidentiality: rule.confidentiality,
    labels: canonicalSet(rule.labels.map((word) => labelTag(tagSecret, tagGeneration, word))),
    dataPeriod: rule.dataPeriod,
    records: ids('records', references.record),
    authors: ids('authors', references.account),
  };
}

function actorOf(actor: PlainActor, references: ReferencesIn): ActorRef | undefined {
  switch (actor.type) {
    case 'role':
      return actor;
    case 'account': {
      const id = references.account(actor.reference);
      return id === undefined ? undefined : { type: 'account', id };
    }
    case 'group': {
      const place = references.group(actor.reference);
      return place && { type: 'group', institution: place.institution, index: place.index };
    }
  }
}

function unknown({ provision }: Turning, element: 'actors' | 'authors' | 'records', position: number): never {
  throw new ConsiliumError('CONSENT_REFERENCE_UNKNOWN', { element, provision, position });
}

/**
 * With the patient's tag key. Throws `VALUE_INVALID`, field `tagGeneration`, when the tags are of another secret than the
 * key's, and field `tags` when one of them stands for no word in common use.
 */
export function plainOfTerms(terms: ConsentTerms, references: ReferencesOut, tagKey: TagKey): PlainConsent {
  const { decision, period, rule, exceptions, separateAuthorization, agreement } = terms;
  if (terms.tagGeneration !== tagKey.tagGeneration)
    throw new ConsiliumError('VALUE_INVALID', { field: 'tagGeneration' });
  return {
    decision,
    period,
    rule: plainRuleOf(rule, references, tagKey),
    exceptions: exceptions.map(({ period: during, ...inner }) => ({
      ...plainRuleOf(inner, references, tagKey),
      period: during,
    })),
    separateAuthorization,
    agreement,
  };
}

function plainRuleOf(rule: ConsentRule, references: ReferencesOut, tagKey: TagKey): PlainRule {
  const { actors, purposes, confidentiality, dataPeriod, records, authors } = rule;
  const words = (tags: readonly string[]): readonly string[] => canonicalSet(explained(tagKey, tags));
  return {
    actors: actors.map((actor) => plainActorOf(actor, references)),
    purposes,
    categories: words(rule.categories),
    confidentiality,
    labels: words(rule.labels),
    dataPeriod,
    records: canonicalSet(records.map(references.record)),
    authors: canonicalSet(authors.map(references.account)),
  };
}

function explained(tagKey: TagKey, tags: readonly string[]): readonly string[] {
  const words = explainTags(tagKey, tags);
  if (words.some((word, at) => word === tags[at]))
    throw new ConsiliumError('VALUE_INVALID', { field: 'tags' });
  return words;
}

function plainActorOf(actor: ActorRef, references: ReferencesOut): PlainActor {
  switch (actor.type) {
    case 'role':
      return actor;
    case 'account':
      return { type: 'account', reference: references.account(actor.id) };
    case 'group':
      return { type: 'group', reference: references.group(actor) };
  }
}
